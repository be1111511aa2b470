// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
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
	return path("revision", revisionName(commit, patchset))
}

// RevisionName returns the name of a revision in a URL, by which it can be asked for, too.
func RevisionName(r *verdicts.Revision) string { return revisionName(r.CommitHash, r.PatchsetHash) }

func revisionName(commit, patchset string) string {
	if patchset != "" {
		return Short(commit) + "+" + Short(patchset)
	}
	return Short(commit)
}

// maxParameter is the most bytes of a name in a parameter of a link, because pages refuse
// long URLs.
const maxParameter = 500

// RevisionOn returns the URL of a revision with the verdicts of its branch: it names the
// branch if the revision stands on others as well, where the verdicts may differ. pairs are
// names and values of more parameters.
func RevisionOn(r *verdicts.Revision, pairs ...string) string {
	if r.Shared && max(len(r.Tree), len(r.Branch)) <= maxParameter {
		pairs = append(slices.Clone(pairs), "branch", r.Branch, "tree", r.Tree)
	}
	return WithQuery(RevisionURL(r.CommitHash, r.PatchsetHash), pairs...)
}

// CompareOf returns the URL of the comparison of two revisions, the earlier one first.
func CompareOf(a, b *verdicts.Revision) string {
	return CompareURL(RevisionName(a), RevisionName(b))
}

// Place returns a branch in words: the tree and its name, either of which may be missing.
func Place(tree, branch string) string { return strings.TrimSpace(tree + " " + branch) }

// WithQuery returns a path with parameters, given as names and values. It leaves out empty
// values, and returns "" for no path.
func WithQuery(path string, pairs ...string) string {
	values := make(url.Values)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return WithValues(path, values)
}

// WithValues returns a path with parameters, "" for no path.
func WithValues(path string, values url.Values) string {
	if query := values.Encode(); query != "" && path != "" {
		return path + "?" + query
	}
	return path
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

// FeedURL returns the URL of the feed of a page, "" for no page.
func FeedURL(page string) string {
	if page == "" {
		return ""
	}
	return "/atom" + page
}

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
