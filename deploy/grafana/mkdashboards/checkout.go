// SPDX-License-Identifier: Apache-2.0

package main

import "maps"

// partOf shows the larger objects to which an object belongs, with links to
// them. more are links in addition to those of a checkout.
func partOf(p page, q query, more columnLinks) panel {
	links := columnLinks{
		"Repository": p.toRepository(field("Repository")),
		"Branch":     p.toBranch(field("Repository"), field("Branch")),
		"Revision":   p.toRevision(),
	}
	maps.Copy(links, more)
	return table("Part of", 24, q, links)
}

// checkoutDashboard shows a checkout of one CI system and its results.
func checkoutDashboard(q *queries) dashboard {
	p := checkoutPage.of(q.engine)
	return dashboard{
		page:        p,
		description: "A source tree that one CI system checked out, its builds, and the tests with the worst results.",
		links:       []link{p.linkTo(homePage)},
		variables: []object{
			textVariable("id", "Checkout", "The checkout's ID"),
			filterVariable("architecture", "Architecture", q.get("variables/checkout_architecture")),
			filterVariable("config", "Configuration", q.get("variables/checkout_config")),
		},
		rows: []row{
			{4, []panel{figures("Verdict", 24, q.get("checkout/verdict"))}},
			{4, []panel{partOf(p, q.get("checkout/part_of"), nil)}},
			{12, []panel{table("Worst tests", 24, q.get("checkout/worst_tests"), columnLinks{
				"Status":        p.toTest("test_id"),
				"Test":          p.toTest("test_id"),
				"Configuration": p.toBuild("build_id"),
			})}},
			{12, []panel{table("Builds", 24, q.get("checkout/builds"), columnLinks{
				"Status": p.toBuild("Build"),
				"Build":  p.toBuild("Build"),
			})}},
			{8, []panel{bars("Tests by architecture", 24, q.get("checkout/tests_by_architecture"), "Architecture")}},
			{10, []panel{
				facts("Facts", 14, q.get("checkout/facts")),
				table("Files", 10, q.get("checkout/files"), columnLinks{"URL": toValue()}),
			}},
			{12, []panel{logLines("Log excerpt", 24, q.get("checkout/log"))}},
		},
	}
}
