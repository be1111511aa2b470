// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"net/url"
	"strings"

	"github.com/kcidb-go/kcidb/object"
)

// Link returns the URL of an object's page below the public URL of a service,
// "" where that is "":
//
//	BASE/revision/HASH         BASE/revision/HASH/PATCHSET
//	BASE/issue/ID              BASE/issue/ID/VERSION
//	BASE/checkout/ID           and so on for builds, tests and incidents
//
// What is in an ID stays in its part of the path.
func Link(base string, ref object.Ref) string {
	if base == "" {
		return ""
	}
	kind := ref.Type
	if kind == object.TypeIssueVersion {
		kind = object.TypeIssue
	}
	link := strings.TrimRight(base, "/") + "/" + string(kind)
	for i, field := range ref.ID {
		if i < max(len(ref.Type.Fields()), 1) && (i == 0 || field != "") {
			link += "/" + segment(field)
		}
	}
	return link
}

// segment escapes a field for the path of a URL. Dots alone would be taken for
// folders.
func segment(field string) string {
	if field == "." || field == ".." {
		return strings.ReplaceAll(field, ".", "%2E")
	}
	return url.PathEscape(field)
}
