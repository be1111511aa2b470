// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/object"
)

// TestPatternHelp: the examples of --pattern-help are patterns that name
// objects.
func TestPatternHelp(t *testing.T) {
	_, examples, _ := strings.Cut(patternHelp, "\nExamples:\n")
	n := 0
	for line := range strings.Lines(examples) {
		text, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if !strings.HasPrefix(text, ">") {
			continue
		}
		n++
		if patterns, err := object.Parse(text); err != nil || len(patterns) == 0 {
			t.Errorf("%s: %d patterns, %v", text, len(patterns), err)
		}
	}
	if n != 7 {
		t.Errorf("%d examples are found", n)
	}
}

func TestParseRef(t *testing.T) {
	for _, tt := range []struct {
		typ  object.Type
		text string
		want string // the reference, or a part of the error
	}{
		{object.TypeTest, "ci:1", "test[ci:1]"},
		{object.TypeTest, "ci:1,2", `test["ci:1,2"]`},
		{object.TypeTest, ` a\b] `, `test[" a\\b] "]`},
		{object.TypeTest, `"a \"b\""`, `test["a \"b\""]`},
		{object.TypeTest, `a"b`, "expected"},
		{object.TypeTest, "a\x00b", "a NUL character"},
		{object.TypeRevision, "5acb", `revision[5acb, ""]`},
		{object.TypeRevision, "5acb,", `revision[5acb, ""]`},
		{object.TypeRevision, "5acb,0d1f", "revision[5acb, 0d1f]"},
		{object.TypeRevision, `"5acb", ""`, `revision[5acb, ""]`},
		{object.TypeIssueVersion, "ci:1,2,03", `issue_version["ci:1,2", 3]`},
		{object.TypeIssueVersion, "ci:1, -1", "issue_version[ci:1, -1]"},
		{object.TypeIssueVersion, "ci:1", "expected id, version_num"},
		{object.TypeIssueVersion, "ci:1,two", "expected an integer"},
	} {
		ref, err := parseRef(tt.typ, tt.text)
		got := ref.String()
		if err != nil {
			got = err.Error()
		}
		if got != tt.want && (err == nil || !strings.Contains(got, tt.want)) {
			t.Errorf("%s %q: got %s, want %s", tt.typ, tt.text, got, tt.want)
		}
	}
}
