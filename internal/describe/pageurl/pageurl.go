// SPDX-License-Identifier: Apache-2.0

// Package pageurl maps objects to the URLs of their pages, and URLs back to objects:
//
//	BASE/revision/HASH         BASE/revision/HASH/PATCHSET
//	BASE/issue/ID              BASE/issue/ID/VERSION
//	BASE/checkout/ID           and the same for builds, tests and incidents
//
// BASE is the public URL of the service. An ID is one segment of the path, because
// its slashes are percent-encoded.
package pageurl

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/object"
)

// maxLength is the most bytes of a URL. Programs cut longer URLs, and an ID has any
// length.
const maxLength = 2000

// Types are the types that begin the path of a page. A version of an issue has its
// page below the issue.
var Types = []object.Type{
	object.TypeRevision, object.TypeCheckout, object.TypeBuild, object.TypeTest, object.TypeIssue, object.TypeIncident,
}

// Of returns the URL of an object's page. It returns "" if the base is "", or if the
// URL would have more than 2,000 bytes.
func Of(base string, ref object.Ref) string {
	if base == "" || len(ref.ID[0])+len(ref.ID[1]) > maxLength {
		return ""
	}
	typ := ref.Type
	if typ == object.TypeIssueVersion {
		typ = object.TypeIssue
	}
	page := strings.TrimRight(base, "/") + "/" + string(typ) + "/" + url.PathEscape(ref.ID[0])
	if ref.ID[1] != "" {
		page += "/" + url.PathEscape(ref.ID[1])
	}
	if len(page) > maxLength {
		return ""
	}
	return page
}

// Parse returns the object whose page has the path, which is percent-encoded and has
// no base. It returns false if no object has such a path.
func Parse(path string) (ref object.Ref, ok bool) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range segments {
		var err error
		if segments[i], err = url.PathUnescape(segments[i]); err != nil {
			return ref, false
		}
	}
	if len(segments) < 2 || len(segments) > 3 || slices.Contains(segments, "") || !slices.Contains(Types, object.Type(segments[0])) {
		return ref, false
	}
	ref = object.Ref{Type: object.Type(segments[0]), ID: object.ID{segments[1]}}
	if len(segments) == 2 {
		return ref, true
	}
	switch ref.Type {
	case object.TypeRevision:
		ref.ID[1] = segments[2]
		return ref, true
	case object.TypeIssue:
		version, err := strconv.ParseInt(segments[2], 10, 32)
		if err != nil || version < 0 {
			return ref, false
		}
		return object.IssueVersionRef(ref.ID[0], int(version)), true
	}
	return ref, false
}
