// SPDX-License-Identifier: Apache-2.0

package submission

import (
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// hint says how the objects of a submission could be more useful.
type hint struct{ Title, Help string }

// Hints returns what would help, the most important first.
func (p page) Hints() (all []hint) {
	add := func(n int64, title, help string) {
		if n > 0 {
			all = append(all, hint{title + ": " + shell.Grouped(n), help})
		}
	}
	f := p.Facts
	add(f.WithoutBuild, "Tests that wait for their build",
		"A test is shown with its revision as soon as its build is here. Send the build, or mend build_id: "+shell.Line(f.Build)+" is missing.")
	add(f.WithoutLog, "Failed tests without log_excerpt",
		"The reason of a failure is taken from the excerpt: the lines about the fault, at most 16,384 characters. An example is "+shell.Line(f.Unlogged)+".")
	add(f.WithoutPath, "Tests without path",
		"Without a path a test has no history, and is in no group of tests.")
	add(f.WithoutPlatform, "Tests that do not say where they ran",
		"Send environment.misc.platform: then the results are on the page of the board, and a failure can be compared with other boards.")
	add(f.Future, "Tests that start in the future",
		"Their start_time is later than the submission. Set the clock of the lab, and write the time zone.")
	if f.Objects[store.Tests]+f.Objects[store.Builds] > 0 && len(f.Checkouts) == 0 {
		all = append(all, hint{"No checkout belongs to these results", "Results are shown by revision. Send the checkout with its commit."})
	}
	return all
}
