// SPDX-License-Identifier: Apache-2.0

package main

// branchDashboard shows the history of a branch, revision by revision.
func branchDashboard(q *queries) dashboard {
	p := branchPage.of(q.engine)
	return dashboard{
		page:        p,
		description: "The revisions of a branch and the newest regressions.",
		from:        "now-30d",
		links:       []link{p.linkTo(homePage), p.toRepository(variable("repository"))},
		variables: []object{
			choiceVariable("repository", "Repository", q.get("variables/repository")),
			choiceVariable("branch", "Branch", q.get("variables/branch")),
			filterVariable("origin", "CI system", q.get("variables/origin")),
			filterVariable("architecture", "Architecture", q.get("variables/branch_architecture")),
			filterVariable("config", "Configuration", q.get("variables/branch_config")),
		},
		rows: []row{
			{4, []panel{figures("Latest revision", 24, q.get("branch/verdict"))}},
			{9, []panel{table("New failures", 24, q.get("branch/new_failures"), columnLinks{
				"Status":   p.toTest("test_id"),
				"Test":     p.toTest("test_id"),
				"Fails in": p.toRevision(),
			})}},
			{9, []panel{
				bars("Builds by revision", 12, q.get("branch/builds_by_revision"), "Revision", p.toRevision()),
				bars("Tests by revision", 12, q.get("branch/tests_by_revision"), "Revision", p.toRevision()),
			}},
			{12, []panel{table("Revisions", 24, q.get("branch/revisions"), columnLinks{
				"Verdict":  p.toRevision(),
				"Revision": p.toRevision(),
			})}},
			{10, []panel{table("Tests failing most", 24, q.get("branch/failing_tests"), columnLinks{
				"Test":         p.toTest("Last failure"),
				"Last failure": p.toTest("Last failure"),
			})}},
		},
	}
}
