// SPDX-License-Identifier: Apache-2.0

package pageurl_test

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/object"
)

// TestThereAndBack parses the URLs of pages of all types.
func TestThereAndBack(t *testing.T) {
	for path, ref := range map[string]object.Ref{
		"/revision/5e29d1443c46":              object.RevisionRef("5e29d1443c46", ""),
		"/revision/5e29d1443c46/8daceee2092f": object.RevisionRef("5e29d1443c46", "8daceee2092f"),
		"/checkout/ci:1":                      object.CheckoutRef("ci:1"),
		"/build/ci:a%2Fb%3Fc%23d%25e%20f":     object.BuildRef("ci:a/b?c#d%e f"),
		"/test/ci:..%2F..%2F%C3%A9":           object.TestRef("ci:../../é"),
		"/issue/ci:1":                         object.IssueRef("ci:1"),
		"/issue/ci:1/0":                       object.IssueVersionRef("ci:1", 0),
		"/incident/ci:1%0A":                   object.IncidentRef("ci:1\n"),
	} {
		for _, base := range []string{"https://kcidb.example.org", "https://example.org/kcidb/"} {
			if got, want := pageurl.Of(base, ref), strings.TrimRight(base, "/")+path; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if got, ok := pageurl.Parse(path); !ok || got != ref {
			t.Errorf("%s: %v, %v", path, got, ok)
		}
	}
}

func TestNoPage(t *testing.T) {
	const base = "https://kcidb.example.org"
	for _, ref := range []object.Ref{object.TestRef(strings.Repeat("x", 2000)), object.TestRef("ci:" + strings.Repeat("ä", 400))} {
		if got := pageurl.Of(base, ref); got != "" {
			t.Errorf("a URL of %d bytes", len(got))
		}
	}
	if got := pageurl.Of("", object.TestRef("ci:1")); got != "" {
		t.Errorf("without a base: %s", got)
	}
	for _, path := range []string{
		"", "/", "/test", "/test/", "/test/a/", "/test//a", "/test/a/b", "/issue/a/-1", "/issue/a/one", "/issue/a/99999999999",
		"/issue/a/1/2", "/revision/a/b/c", "/test/%zz", "/issue_version/a/1", "/page/a",
	} {
		if ref, ok := pageurl.Parse(path); ok {
			t.Errorf("%q: %v", path, ref)
		}
	}
}
