// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"strings"

	"github.com/kcidb-go/kcidb/report"
)

// Culprits are the parts at fault for an issue, as far as known.
type Culprits struct {
	Code    bool // the kernel
	Tool    bool // the tools that build or test it
	Harness bool // the system that runs the builds or tests
}

// CulpritsOf returns the culprits of a version of an issue. A culprit that the issue does
// not name is false.
func CulpritsOf(i *report.Issue) Culprits {
	if i.Culprit == nil {
		return Culprits{}
	}
	is := func(b *bool) bool { return b != nil && *b }
	return Culprits{is(i.Culprit.Code), is(i.Culprit.Tool), is(i.Culprit.Harness)}
}

// Names returns the names of the culprits: "code", "tool", "harness".
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

// String returns the names of the culprits, such as "code, tool", or "".
func (c Culprits) String() string { return strings.Join(c.Names(), ", ") }
