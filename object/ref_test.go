// SPDX-License-Identifier: Apache-2.0

package object_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

func TestRefs(t *testing.T) {
	for _, c := range []struct {
		ref  object.Ref
		want string
	}{
		{object.RevisionRef("5e29", ""), `revision[5e29, ""]`},
		{object.CheckoutRef("ci:1"), "checkout[ci:1]"},
		{object.BuildRef("ci:1 2"), `build["ci:1 2"]`},
		{object.TestRef(`ci:"\`), `test["ci:\"\\"]`},
		{object.IssueRef("ci:1"), "issue[ci:1]"},
		{object.IssueVersionRef("ci:1", 2), "issue_version[ci:1, 2]"},
		{object.IncidentRef("ci:1"), "incident[ci:1]"},
	} {
		if got := c.ref.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		if got, err := object.ParseRef(c.want); err != nil || got != c.ref {
			t.Errorf("got %v, %v, want %v", got, err, c.ref)
		}
	}
}

func TestParseRefReadsWhatStringWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		typ := rapid.SampledFrom(object.Types()).Draw(rt, "type")
		ref := object.Ref{Type: typ, ID: genID(typ).Draw(rt, "ID")}
		if got, err := object.ParseRef(ref.String()); err != nil || got != ref {
			rt.Fatalf("got %v, %v, want %v", got, err, ref)
		}
	})
}

func TestParseRefErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                   `reference: at 0: expected a type, found the end`,
		"tests[x]":           `reference: at 0: no type "tests": the types are revision, checkout, build, test, issue, issue_version, incident`,
		"test":               `reference: at 4: expected "[", found the end`,
		"test[]":             `reference: at 5: expected a field of an ID, found "]"`,
		"test[x":             `reference: at 6: expected "]", found the end`,
		"test[x;y]":          `reference: at 6: expected "]", found ";"`,
		"test[x]#":           `reference: at 7: expected the end, found "#"`,
		"issue_version[x,y]": `reference: at 14: expected an integer of 32 bits as version_num, found "y"`,
	} {
		if _, err := object.ParseRef(text); err == nil || err.Error() != want {
			t.Errorf("ParseRef(%q):\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestRevisionOf(t *testing.T) {
	hash, patches, none := "5e29", "77aa", ""
	files := []report.Resource{{Name: "1.patch", URL: "https://example.org/1"}}
	for _, c := range []struct {
		name     string
		checkout report.Checkout
		want     object.Ref
	}{
		{"nothing", report.Checkout{}, object.Ref{}},
		{"no commit", report.Checkout{PatchsetHash: &patches}, object.Ref{}},
		{"commit", report.Checkout{GitCommitHash: &hash}, object.RevisionRef(hash, "")},
		{"no patches", report.Checkout{GitCommitHash: &hash, PatchsetHash: &none}, object.RevisionRef(hash, "")},
		{"no patch files", report.Checkout{GitCommitHash: &hash, PatchsetFiles: []report.Resource{}}, object.Ref{}},
		{"patches", report.Checkout{GitCommitHash: &hash, PatchsetHash: &patches, PatchsetFiles: files}, object.RevisionRef(hash, patches)},
		{"patches without hash", report.Checkout{GitCommitHash: &hash, PatchsetFiles: files}, object.Ref{}},
	} {
		if got, ok := object.RevisionOf(&c.checkout); got != c.want || ok != (c.want != object.Ref{}) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, ok, c.want)
		}
	}
}
