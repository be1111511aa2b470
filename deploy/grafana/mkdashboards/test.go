// SPDX-License-Identifier: Apache-2.0

package main

// testDashboard shows a run of a test, and helps to judge it: the results of the same
// test before, after and elsewhere.
func testDashboard(q *queries) dashboard {
	p := testPage.of(q.engine)
	where := partOf(p, q.get("test/part_of"), columnLinks{
		"Checkout": p.toCheckout("Checkout"),
		"Build":    p.toBuild("Build"),
		"Test":     p.toRevision(setting{"path", field("Test")}),
	})
	return dashboard{
		page:        p,
		description: "A run of a test, and the results of the same test before, after and elsewhere.",
		links:       []link{p.linkTo(homePage)},
		variables:   []object{textVariable("id", "Test", "The ID of the run")},
		rows: []row{
			{4, []panel{figures("Verdict", 24, q.get("test/verdict"))}},
			{4, []panel{where}},
			{12, []panel{logLines("Log excerpt", 24, q.get("test/log"))}},
			{6, []panel{table("Issues", 24, q.get("test/issues"), columnLinks{"Report": toValue()})}},
			{10, []panel{table("The same test here", 24, q.get("test/history"), columnLinks{
				"Status":   p.toTest("test_id"),
				"Run":      p.toTest("test_id"),
				"Revision": p.toRevision(),
				"Branch":   p.toBranch(field("repository"), field("Branch")),
			})}},
			{8, []panel{
				bars("The same test here, day by day", 12, q.get("test/history_by_day"), "Day"),
				bars("Measured", 12, q.get("test/measured"), "Started", p.toTest("test_id")),
			}},
			{10, []panel{table("The same test elsewhere", 24, q.get("test/elsewhere"), columnLinks{
				"Status":        p.toTest("test_id"),
				"Platform":      p.toTest("test_id"),
				"Configuration": p.toBuild("build_id"),
			})}},
			{9, []panel{
				facts("Facts", 9, q.get("test/facts")),
				facts("Environment", 7, q.get("test/environment")),
				table("Files", 8, q.get("test/files"), columnLinks{"URL": toValue()}),
			}},
		},
	}
}
