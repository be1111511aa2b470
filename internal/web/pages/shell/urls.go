// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/object"
)

// The URLs of the pages. A function returns "" if a name does not fit into a URL: then
// the page shows the name without a link.

// TreeURL returns the URL of a tree, which leads to its branch or lists its branches.
func TreeURL(tree string) string { return path("tree", tree) }

// BranchURL returns the URL of a branch.
func BranchURL(tree, branch string) string { return path("tree", tree, branch) }

// GridURL returns the URL of the grid of a branch for the tests below a path.
func GridURL(tree, branch, testPath string) string {
	return path("tree", tree, branch, "test", testPath)
}

// shortHash is how many digits of a hash URLs and texts have.
const shortHash = 12

// Short returns the first 12 digits of a hash.
func Short(hash string) string { return hash[:min(shortHash, len(hash))] }

// RevisionURL returns the URL of a revision. The patch set is "" for none.
func RevisionURL(commit, patchset string) string {
	name := Short(commit)
	if patchset != "" {
		name += "+" + Short(patchset)
	}
	return path("revision", name)
}

// CompareURL returns the URL of the comparison of two revisions, by their names or
// hashes, the earlier one first.
func CompareURL(a, b string) string { return path("compare", a+"..."+b) }

// CheckoutURL, BuildURL, TestURL and IncidentURL return the URL of an object.
func CheckoutURL(id string) string { return pageurl.Of("/", object.CheckoutRef(id)) }

func BuildURL(id string) string    { return pageurl.Of("/", object.BuildRef(id)) }
func TestURL(id string) string     { return pageurl.Of("/", object.TestRef(id)) }
func IncidentURL(id string) string { return pageurl.Of("/", object.IncidentRef(id)) }

// maxPlatform is the length of a platform's name in characters. Platforms with longer names
// have no page, because the indexes of the databases leave them out.
const maxPlatform = 200

// HardwareURL returns the URL of a platform.
func HardwareURL(platform string) string {
	if utf8.RuneCountInString(platform) > maxPlatform {
		return ""
	}
	return path("hardware", platform)
}

// IssueURL returns the URL of an issue in its newest version.
func IssueURL(id string) string { return path("issue", id) }

// IssueVersionURL returns the URL of a version of an issue.
func IssueVersionURL(id string, version int) string {
	return path("issue", id, strconv.Itoa(version))
}

// OriginURL returns the URL of an origin.
func OriginURL(origin string) string { return path("origin", origin) }

// LabURL returns the URL of a lab.
func LabURL(lab string) string { return path("lab", lab) }

// SubmissionURL returns the URL of the receipt of a submission.
func SubmissionURL(id string) string { return path("submission", id) }

// SearchURL returns the URL of the results of a search.
func SearchURL(words string) string { return "/search?" + url.Values{"q": {words}}.Encode() }

// maxPath is the most bytes of a path.
const maxPath = 2000

// path returns the path of the segments. Browsers take "." and ".." away, also if they
// are percent-encoded, and programs cut long URLs.
func path(segments ...string) string {
	var b strings.Builder
	for _, segment := range segments {
		if segment == "" || segment == "." || segment == ".." || len(segment) > maxPath {
			return ""
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(segment))
	}
	if b.Len() > maxPath {
		return ""
	}
	return b.String()
}

// Segments returns the segments of a request's path behind a prefix such as "/tree/",
// decoded. It returns nil if one is empty or damaged. A slash at the end is ignored.
func Segments(r *http.Request, prefix string) []string {
	rest := strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), prefix), "/")
	segments := strings.Split(rest, "/")
	for i := range segments {
		var err error
		if segments[i], err = url.PathUnescape(segments[i]); err != nil || segments[i] == "" {
			return nil
		}
	}
	return segments
}
