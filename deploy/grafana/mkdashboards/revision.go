// SPDX-License-Identifier: Apache-2.0

package main

// revisionDashboard shows the results of all CI systems for a revision.
func revisionDashboard(q *queries) dashboard {
	p := revisionPage.of(q.engine)
	narrow := func(filter, column string) link {
		l := p.linkTo(revisionPage, setting{"git_commit_hash", variable("git_commit_hash")},
			setting{"patchset_hash", variable("patchset_hash")}, setting{filter, field(column)})
		l.title = "Show only this"
		return l
	}
	return dashboard{
		page:        p,
		description: "The results of all CI systems for a commit, with or without patches.",
		links:       []link{p.linkTo(homePage)},
		variables: []object{
			textVariable("git_commit_hash", "Commit", "The commit's whole hash"),
			textVariable("patchset_hash", "Patch set", "The hash of the patches applied to it; empty without patches"),
			filterVariable("origin", "CI system", q.get("variables/origin")),
			filterVariable("architecture", "Architecture", q.get("variables/revision_architecture")),
			filterVariable("config", "Configuration", q.get("variables/revision_config")),
			textVariable("path", "Test", "A test's path, or its beginning up to a full stop; empty for all tests"),
		},
		rows: []row{
			{4, []panel{figures("Verdict", 24, q.get("revision/verdict"))}},
			{10, []panel{table("Failing tests by path", 24, q.get("revision/failing_paths"), columnLinks{
				"Test": narrow("path", "Test"),
			})}},
			{10, []panel{table("Failing runs", 24, q.get("revision/failing_tests"), columnLinks{
				"Status":        p.toTest("test_id"),
				"Test":          p.toTest("test_id"),
				"Configuration": p.toBuild("build_id"),
			})}},
			{8, []panel{
				bars("Builds by architecture", 12, q.get("revision/builds_by_architecture"), "Architecture",
					narrow("architecture", "Architecture")),
				bars("Tests by architecture", 12, q.get("revision/tests_by_architecture"), "Architecture",
					narrow("architecture", "Architecture")),
			}},
			{10, []panel{
				table("Builds by configuration", 24, q.get("revision/builds_by_config"), columnLinks{
					"Architecture":  narrow("architecture", "Architecture"),
					"Configuration": narrow("config", "Configuration"),
				}),
			}},
			{10, []panel{table("Builds", 24, q.get("revision/builds"), columnLinks{
				"Status": p.toBuild("Build"),
				"Build":  p.toBuild("Build"),
			})}},
			{8, []panel{table("Checkouts", 24, q.get("revision/checkouts"), columnLinks{
				"Verdict":  p.toCheckout("Checkout"),
				"Checkout": p.toCheckout("Checkout"),
			})}},
			{6, []panel{table("Found on", 24, q.get("revision/part_of"), columnLinks{
				"Repository": p.toRepository(field("Repository")),
				"Branch":     p.toBranch(field("Repository"), field("Branch")),
			})}},
			{9, []panel{
				facts("Facts", 14, q.get("revision/facts")),
				table("Patches", 10, q.get("revision/patches"), columnLinks{"URL": toValue()}),
			}},
		},
	}
}
