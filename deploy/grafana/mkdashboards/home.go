// SPDX-License-Identifier: Apache-2.0

package main

// homeDashboard is the start page: recent results, and the CI systems that
// sent them.
func homeDashboard(q *queries) dashboard {
	p := homePage.of(q.engine)
	toBranch := p.toBranch(field("repository"), field("Branch"))
	return dashboard{
		page:        p,
		description: "Recent results, failures, and the CI systems that sent them.",
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
					"Origin": p.linkTo(homePage, setting{"origin", field("Origin")}),
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
coloured and underlined texts lead to pages of their own.

**FAIL**: the kernel is at fault, as far as the test can judge. **ERROR**: it could not be run.
**MISS**: no result ever arrived; ERROR and MISS are counted as *broken*. **PASS**: no fault was found. **DONE**: it ran, and its outcome is not judged.
**SKIP**: it does not apply. **none**: it is running, or no result was reported. A **verdict** is the worst result of everything that belongs to an object.
`
