// SPDX-License-Identifier: Apache-2.0

package sqldb

import "github.com/kcidb-go/kcidb/internal/store"

// TiedCondition returns the condition that store.PurgeOptions.KeepIncidents keeps a row "o" of a
// list, in the SQL that all engines have.
func TiedCondition(list store.List) string {
	const test = "EXISTS (SELECT 1 FROM incidents i WHERE i.test_id = "
	const build = "EXISTS (SELECT 1 FROM incidents i WHERE i.build_id = "
	const testOf = "EXISTS (SELECT 1 FROM tests t JOIN incidents j ON j.test_id = t.id WHERE t.build_id = "
	switch list {
	case store.Checkouts:
		return "EXISTS (SELECT 1 FROM builds b WHERE b.checkout_id = o.id AND (" + build + "b.id) OR " + testOf + "b.id)))"
	case store.Builds:
		return "(" + build + "o.id) OR " + testOf + "o.id))"
	case store.Tests:
		return test + "o.id)"
	case store.Issues:
		return "EXISTS (SELECT 1 FROM incidents i WHERE i.issue_id = o.id AND i.issue_version = o.version)"
	}
	return "TRUE"
}
