// SPDX-License-Identifier: Apache-2.0

package store

// Tied returns the condition under which an object of a list stays when
// incidents are to be kept, as PurgeOptions has it: SQL for a WHERE clause of a
// statement that calls the list "o", in words all dialects have in common.
func Tied(list List) string {
	const test = "EXISTS (SELECT 1 FROM incidents i WHERE i.test_id = "
	const build = "EXISTS (SELECT 1 FROM incidents i WHERE i.build_id = "
	const testOf = "EXISTS (SELECT 1 FROM tests t JOIN incidents j ON j.test_id = t.id WHERE t.build_id = "
	switch list {
	case Checkouts:
		return "EXISTS (SELECT 1 FROM builds b WHERE b.checkout_id = o.id AND (" + build + "b.id) OR " + testOf + "b.id)))"
	case Builds:
		return "(" + build + "o.id) OR " + testOf + "o.id))"
	case Tests:
		return test + "o.id)"
	case Issues:
		return "EXISTS (SELECT 1 FROM incidents i WHERE i.issue_id = o.id AND i.issue_version = o.version)"
	}
	return "TRUE"
}
