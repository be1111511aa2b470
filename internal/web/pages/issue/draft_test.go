// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

// stored is an issue to change.
func stored() *report.Issue {
	return &report.Issue{
		ID: "ci:1", Version: 3, Origin: "ci", Comment: new("old title"), ReportURL: new("https://lore.example.org/1"), ReportSubject: new("subject"),
		Culprit: &report.Culprit{Code: new(true)}, Categories: []string{"a", "b"}, Misc: []byte(`{"fault":"WARNING","rule":{"x":1}}`),
	}
}

// unchanged is the form of that issue as it was filled in.
func unchanged() url.Values {
	return url.Values{
		"issue": {"ci:1"}, "base": {"3"}, "comment": {"old title"}, "report_url": {"https://lore.example.org/1"}, "report_subject": {"subject"},
		"culprit": {"code"}, "categories": {"a, b"}, "fault": {"WARNING"}, "path": {""},
	}
}

func TestDraft(t *testing.T) {
	many := make([]string, maxResults+1)
	for i := range many {
		many[i] = fmt.Sprint("test:ci:", i)
	}
	for _, test := range []struct {
		name   string
		form   url.Values
		origin string
		stored *report.Issue
		fault  string // "FIELD: part of the text"; "" for a good form
	}{
		{"title only", url.Values{"comment": {" title "}}, "ci", nil, ""},
		{"empty", url.Values{}, "ci", nil, "comment: Write a title"},
		{"long title", url.Values{"comment": {strings.Repeat("é", 201)}}, "ci", nil, "comment: The title has 201 characters"},
		{"lines in a title", url.Values{"comment": {"a\nb"}}, "ci", nil, "comment: The title has characters"},
		{"direction of writing", url.Values{"comment": {"a"}, "fault": {"\u202ex"}}, "ci", nil, "fault: The text has characters"},
		{"no address", url.Values{"comment": {"a"}, "report_url": {"lore.example.org"}}, "ci", nil, "report_url: Write an address"},
		{"script", url.Values{"comment": {"a"}, "report_url": {"javascript:alert(1)"}}, "ci", nil, "report_url: Write an address"},
		{"mailbox", url.Values{"comment": {"a"}, "report_url": {"mailto:a@example.org"}}, "ci", nil, "report_url: Write the address of a page"},
		{"categories", url.Values{"comment": {"a"}, "categories": {strings.Repeat("a,", 5) + "b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u"}}, "ci", nil, "categories: These are 21"},
		{"origin", url.Values{"comment": {"a"}}, "My lab", nil, "origin: Write the name"},
		{"no origin", url.Values{"comment": {"a"}}, "", nil, "origin: Write the name"},
		{"too many results", url.Values{"comment": {"a"}, "result": many}, "ci", nil, "results: 101 results are chosen"},
		{"many results", url.Values{"comment": {"a"}, "result": many[1:]}, "ci", nil, ""},
		{"damaged result", url.Values{"comment": {"a"}, "result": {"checkout:x"}}, "ci", nil, "results: A result is damaged"},
		{"nothing changed", unchanged(), "ci", stored(), "comment: Nothing is changed"},
		{"nothing changed by another", unchanged(), "other", stored(), "comment: Nothing is changed"},
		{"results of another", with(unchanged(), "result", "test:ci:1"), "other", stored(), ""},
		{"change of another", with(unchanged(), "comment", "new title"), "other", stored(), "comment: The issue is of ci, and you record as other"},
		{"change", with(unchanged(), "comment", "new title"), "ci", stored(), ""},
		{"of an old version", with(with(unchanged(), "comment", "new"), "base", "2"), "ci", stored(), "comment: Version 3 was recorded meanwhile"},
	} {
		d := draftSent(test.form)
		r, err := d.report(test.origin, test.stored)
		var found faults
		got := ""
		if errors.As(err, &found) {
			got = found[0].Field + ": " + found[0].Text
		}
		if test.fault == "" && err != nil || !strings.HasPrefix(got, test.fault) || test.fault != "" && len(found) != 1 {
			t.Errorf("%s: %v, want %q", test.name, found, test.fault)
		}
		if err == nil {
			if _, err := report.Decode(r.AppendJSON(nil)); err != nil {
				t.Errorf("%s: the report is not valid: %v", test.name, err)
			}
		}
	}
}

func with(form url.Values, name, value string) url.Values {
	form.Set(name, value)
	return form
}

// TestDraftsReport: the reports of a new issue, of a next version, and of results only.
func TestDraftsReport(t *testing.T) {
	made := func(form url.Values, origin string, stored *report.Issue) string {
		t.Helper()
		d := draftSent(form)
		r, err := d.report(origin, stored)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(r.AppendJSON(nil)), `"version":{"major":5,"minor":3},`, "")
	}
	full := url.Values{
		"comment": {"title"}, "report_url": {"https://lore.example.org/1"}, "report_subject": {"subject"}, "culprit": {"code", "none"},
		"categories": {"a, ,b,a"}, "fault": {"WARNING: <x>"}, "path": {"ltp.*"}, "result": {"test:ci:1", "build:ci:2:3"},
	}
	for name, got := range map[string]string{
		"new":     made(full, "ci", nil),
		"next":    made(with(with(with(unchanged(), "comment", "new title"), "culprit", "tool"), "fault", ""), "ci", stored()),
		"results": made(with(unchanged(), "result", "build:ci:2"), "other", stored()),
	} {
		pagestest.Golden(t, "report_"+name+".json", got+"\n")
	}
	if again := made(full, "ci", nil); again != made(full, "ci", nil) {
		t.Error("the same form is another issue")
	}
}
