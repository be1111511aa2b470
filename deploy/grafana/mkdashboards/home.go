// SPDX-License-Identifier: Apache-2.0

package main

// homeDashboard is where one begins: what was tested lately, and by whom.
func homeDashboard(q *queries) dashboard {
	p := homePage
	toBranch := p.toBranch(field("repository"), field("Branch"))
	return dashboard{
		page:        p,
		description: "What was tested lately, what failed, and which CI systems sent it.",
		from:        "now-7d",
		variables:   []object{filterVariable("origin", "CI system", q.get("variables/origin"))},
		rows: []row{
			{4, []panel{figures("The period", 24, q.get("home/verdict"))}},
			{12, []panel{table("Latest revisions", 24, q.get("home/latest"), columnLinks{
				"Verdict":    p.toRevision(),
				"Revision":   p.toRevision(),
				"Repository": p.toRepository(field("Repository")),
				"Branch":     p.toBranch(field("Repository"), field("Branch")),
			})}},
			{8, []panel{
				daily("Builds per day", 12, q.get("home/builds_by_day")),
				daily("Tests per day", 12, q.get("home/tests_by_day")),
			}},
			{10, []panel{table("Failing builds", 24, q.get("home/failing_builds"), columnLinks{
				"Status":   p.toBuild("build_id"),
				"Started":  p.toBuild("build_id"),
				"Revision": p.toRevision(),
				"Branch":   toBranch,
			})}},
			{9, []panel{
				table("CI systems", 12, q.get("home/origins"), columnLinks{
					"Origin": p.to(homePage, setting{"origin", field("Origin")}),
				}),
				table("Repositories", 12, q.get("home/repositories"), columnLinks{
					"Repository": p.toRepository(field("Repository")),
				}),
			}},
			{8, []panel{table("Known issues seen", 24, q.get("home/issues"), columnLinks{
				"Latest build": p.toBuild("Latest build"),
				"Latest test":  p.toTest("Latest test"),
				"Report":       toValue(),
			})}},
			{10, []panel{table("Latest checkouts", 24, q.get("home/checkouts"), columnLinks{
				"Verdict":  p.toCheckout("Checkout"),
				"Checkout": p.toCheckout("Checkout"),
				"Revision": p.toRevision(),
				"Branch":   toBranch,
			})}},
			{6, []panel{words("Words", 24, homeWords)}},
		},
	}
}

const homeWords = `A **revision** is a commit, with or without patches. CI systems check it out, build it and test the builds;
whatever is coloured or underlined leads to a page of its own.

**FAIL**: the kernel is at fault, as far as the test can tell. **ERROR**: it could not be carried out.
**MISS**: no result ever came; these two are counted as *broken*. **PASS**: all is well. **DONE**: it ran, and nobody judges the outcome.
**SKIP**: it does not apply. **none**: it is under way, or nobody said. A **verdict** is the worst of all that belongs to a thing.
`
