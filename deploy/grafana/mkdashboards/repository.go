// SPDX-License-Identifier: Apache-2.0

package main

// repositoryDashboard shows the state of a repository's branches.
func repositoryDashboard(q *queries) dashboard {
	p := repositoryPage.of(q.engine)
	toBranch := p.toBranch(variable("repository"), field("Branch"))
	return dashboard{
		page:        p,
		description: "The branches of a repository, each with its latest revision.",
		from:        "now-14d",
		links:       []link{p.linkTo(homePage)},
		variables: []object{
			choiceVariable("repository", "Repository", q.get("variables/repository")),
			filterVariable("origin", "CI system", q.get("variables/origin")),
		},
		rows: []row{
			{4, []panel{figures("Latest revisions of all branches", 24, q.get("repository/verdict"))}},
			{12, []panel{table("Branches", 24, q.get("repository/branches"), columnLinks{
				"Verdict":         p.toRevision(),
				"Branch":          toBranch,
				"Latest revision": p.toRevision(),
			})}},
			{8, []panel{
				daily("Builds per day", 12, q.get("repository/builds_by_day")),
				daily("Tests per day", 12, q.get("repository/tests_by_day")),
			}},
			{10, []panel{table("Failing builds", 24, q.get("repository/failing_builds"), columnLinks{
				"Status":   p.toBuild("build_id"),
				"Started":  p.toBuild("build_id"),
				"Revision": p.toRevision(),
				"Branch":   toBranch,
			})}},
		},
	}
}
