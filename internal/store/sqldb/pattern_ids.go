// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/object"
)

// possibleIDs returns the IDs that an object may have, with versions written as
// databases write them. No database keeps an object with any other ID.
func possibleIDs(t object.Type, ids []object.ID) []object.ID {
	all := make([]object.ID, 0, len(ids))
	for _, id := range ids {
		if t == object.TypeIssueVersion {
			version, err := strconv.ParseInt(id[1], 10, 32)
			if err != nil {
				continue
			}
			id[1] = strconv.FormatInt(version, 10)
		}
		if isText(id[0]) && isText(id[1]) {
			all = append(all, id)
		}
	}
	return all
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }
