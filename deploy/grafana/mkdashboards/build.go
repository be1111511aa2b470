// SPDX-License-Identifier: Apache-2.0

package main

// buildDashboard shows a build and the tests that ran on it.
func buildDashboard(q *queries) dashboard {
	p := buildPage.of(q.engine)
	return dashboard{
		page:        p,
		description: "A kernel that was built, why it failed if it did, and the tests that ran on it.",
		links:       []link{p.linkTo(homePage)},
		variables:   []object{textVariable("id", "Build", "The build's ID")},
		rows: []row{
			{4, []panel{figures("Verdict", 24, q.get("build/verdict"))}},
			{4, []panel{partOf(p, q.get("build/part_of"), columnLinks{"Checkout": p.toCheckout("Checkout")})}},
			{14, []panel{logLines("Log excerpt", 24, q.get("build/log"))}},
			{6, []panel{table("Issues", 24, q.get("build/issues"), columnLinks{"Report": toValue()})}},
			{10, []panel{
				facts("Facts", 12, q.get("build/facts")),
				table("Files", 12, q.get("build/files"), columnLinks{"URL": toValue()}),
			}},
			{8, []panel{bars("Tests by group", 24, q.get("build/tests_by_status"), "Group")}},
			{12, []panel{table("Tests", 24, q.get("build/tests"), columnLinks{
				"Status": p.toTest("test_id"),
				"Test":   p.toTest("test_id"),
			})}},
			{10, []panel{table("The same configuration on this branch", 24, q.get("build/history"), columnLinks{
				"Status":   p.toBuild("build_id"),
				"Build":    p.toBuild("build_id"),
				"Revision": p.toRevision(),
			})}},
		},
	}
}
