// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"strings"

	"github.com/kcidb-go/kcidb/report"
)

// Culprits are what is known to be at fault for an issue.
type Culprits struct {
	Code    bool // the kernel
	Tool    bool // the tools that build or test it
	Harness bool // the system that runs them
}

// CulpritsOf returns what is at fault for a version of an issue. What it does
// not say is not at fault.
func CulpritsOf(i *report.Issue) Culprits {
	if i.Culprit == nil {
		return Culprits{}
	}
	is := func(b *bool) bool { return b != nil && *b }
	return Culprits{is(i.Culprit.Code), is(i.Culprit.Tool), is(i.Culprit.Harness)}
}

// Names returns the names of what is at fault: some of "code", "tool" and
// "harness".
func (c Culprits) Names() []string {
	var names []string
	for _, culprit := range []struct {
		is   bool
		name string
	}{{c.Code, "code"}, {c.Tool, "tool"}, {c.Harness, "harness"}} {
		if culprit.is {
			names = append(names, culprit.name)
		}
	}
	return names
}

// String returns the names of what is at fault, "code, tool"; "" for nothing.
func (c Culprits) String() string { return strings.Join(c.Names(), ", ") }
