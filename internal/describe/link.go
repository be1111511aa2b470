// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"net/url"
	"strings"

	"github.com/kcidb-go/kcidb/object"
)

// Link returns the URL of an object's page below the public URL of a service:
//
//	BASE/revision/HASH         BASE/revision/HASH/PATCHSET
//	BASE/issue/ID              BASE/issue/ID/VERSION
//	BASE/checkout/ID           and so on for builds, tests and incidents
//
// What is in an ID stays in its part of the path. There is no link, "", where the
// base is "", and where it would be too long for programs to take, for IDs have
// any length.
func Link(base string, ref object.Ref) string {
	if base == "" || len(ref.ID[0])+len(ref.ID[1]) > maxURL {
		return ""
	}
	kind := ref.Type
	if kind == object.TypeIssueVersion {
		kind = object.TypeIssue
	}
	link := strings.TrimRight(base, "/") + "/" + string(kind) + "/" + url.PathEscape(ref.ID[0])
	if ref.ID[1] != "" {
		link += "/" + url.PathEscape(ref.ID[1])
	}
	if len(link) > maxURL {
		return ""
	}
	return link
}
