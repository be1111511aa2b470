// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

// TestUnreadable dumps a database with invalid lists, with contents that cannot
// be unpacked, and with a missing content.
func TestUnreadable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	s := open(t, file)
	fresh(t, s)
	storetest.Unreadable(t, s, func(tests []string) {
		run(t, file, "UPDATE contents SET data = x'00ff' WHERE id IN (SELECT log_excerpt FROM tests WHERE id IN ('"+strings.Join(tests[1:], "', '")+"'));"+
			"DELETE FROM contents WHERE id IN (SELECT log_excerpt FROM tests WHERE id = '"+tests[0]+"');"+
			"UPDATE checkouts SET patchset_files = 'no list' WHERE id = 'a:3';"+
			"UPDATE issues SET categories = 'no list' WHERE id = 'a:2' AND version = 7")
	})
}

// TestDamagedValues leaves out objects with values that no report has.
func TestDamagedValues(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	s := open(t, file)
	fresh(t, s)
	storetest.Unreadable(t, s, func(tests []string) {
		run(t, file, "UPDATE tests SET misc = '{' WHERE id = '"+tests[0]+"';"+
			`UPDATE tests SET misc = '{"k":""}{' WHERE id = '`+tests[1]+"';"+
			"UPDATE tests SET number_value = 9e999 WHERE id = '"+tests[2]+"';"+
			"UPDATE tests SET start_time = 9000000000000000000 WHERE id = '"+tests[3]+"';"+
			"UPDATE checkouts SET misc = '[]' WHERE id = 'a:3';"+
			"UPDATE issues SET misc = CAST(x'7b2261223a22ff227d' AS TEXT) WHERE id = 'a:2' AND version = 7")
	})
}
