// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// Filters mean the same in a body as in a URL.
func TestFilterBody(t *testing.T) {
	for query, body := range map[string]string{
		"": `{}`,
		"filter_architecture=arm64&filter_architecture=arm": `{"filter_architecture": ["arm64", "arm"]}`,
		"filter_compiler=gcc-12":                            `{"filter_compiler": "gcc-12", "filter_nothing": {}, "other": [[]]}`,
		"filter_test.duration_[gte]=1.5":                    `{"filter_test.duration_[gte]": [1.5]}`,
		"filter_duration_[lt]=60":                           `{"filter_duration_[lt]": "60", "filter_config_name": [null]}`,
		"filter_boot.issue=ci:i,1&filter_trees=1":           `{"filter_boot.issue": ["ci:i,1"], "filter_trees": ["1"]}`,
		"filter_test.hardware=a&filter_test.status=FAIL":    `{"filter_test.hardware": ["a"], "filter_test.status": "FAIL"}`,
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(body), &members); err != nil {
			t.Fatal(err)
		}
		a, err := parseFilters(values)
		if err != nil {
			t.Error(err)
		}
		b, err := parseFilterBody(members)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(a, b, cmp.AllowUnexported(filters{}, kindFilters{}, bound{}, issueFilter{})); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	if _, err := parseFilters(url.Values{"filter_trees": slices.Repeat([]string{"a"}, maxFilters+1)}); err == nil {
		t.Error("any number of filters is read")
	}
	for _, body := range []string{
		`{"filter_duration": ["long"]}`, `{"filter_boot.status": ["OK"]}`, `{"filter_architecture": [{}]}`, `{"filter_build.issue": ["a,b"]}`,
	} {
		var members map[string]any
		if err := json.Unmarshal([]byte(body), &members); err != nil {
			t.Fatal(err)
		}
		if _, err := parseFilterBody(members); err == nil {
			t.Errorf("%s is read", body)
		}
	}
}

// The values that filters accept, and their meaning.
func TestFilterValues(t *testing.T) {
	fail, pass := &answers.Group{Kind: rollup.Tests, Status: "FAIL"}, &answers.Group{Kind: rollup.Tests, Status: "PASS"}
	bare := &answers.Group{Kind: rollup.Tests}
	for query, want := range map[string]string{
		"filter_test.path=syscalls":                           "fail pass",
		"filter_test.path=ltp.syscalls.open":                  "fail",
		"filter_test.path=SYSCALLS":                           "",
		"filter_test.path=ltp%25":                             "", // no pattern
		"filter_test.path=Unknown":                            "bare",
		"filter_test.path=":                                   "fail pass bare",
		"filter_test.path=&filter_test.path=read":             "pass",
		"filter_test.status=&filter_architecture=":            "fail pass bare",
		"filter_test.duration=":                               "fail pass bare",
		"filter_test.status=FAIL":                             "fail",
		"filter_test.status=NULL":                             "bare",
		"filter_test.status=Unknown":                          "bare",
		"filter_test.issue=Uncategorized":                     "fail",
		"filter_test.issue=Uncategorized,null":                "fail",
		"filter_test.issue=Uncategorized,null&filter_trees=1": "fail",
		"filter_test.issue=ci:i,null":                         "pass",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parseFilters(values)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var got []string
		for _, run := range []struct {
			name, path string
			of         *answers.Group
			seen       []seenIssue
		}{{"fail", "ltp.syscalls.open", fail, nil}, {"pass", "ltp.syscalls.read", pass, []seenIssue{{"ci:i", 1}}}, {"bare", "", bare, nil}} {
			run.of.Build = &answers.Built{}
			if f.wantRun(&store.Run{Path: run.path, Status: run.of.Status}, run.of, run.seen) {
				got = append(got, run.name)
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"filter_test.status=OK", "filter_boot.status=pass", "filter_build.status=INCONCLUSIVE"} {
		values, _ := url.ParseQuery(query)
		if _, err := parseFilters(values); err == nil || !strings.Contains(err.Error(), "expected one of PASS, FAIL") {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		text, pattern string
		want          bool
	}{
		{"", "", true},
		{"", "%", true},
		{"", "_", false},
		{"boot", "boot", true},
		{"boot", "Boot", false},
		{"boot.nfs", "boot", false},
		{"boot.nfs", "boot%", true},
		{"boot.nfs", "%nfs", true},
		{"boot.nfs", "%t.n%", true},
		{"boot.nfs", "b__t%s", true},
		{"boot.nfs", "b_t%", false},
		{"aab", "%ab", true},
		{"abab", "%ab_", false},
		{"ababc", "%ab_", true},
		{"mississippi", "%iss%ip%", true},
		{"100%", `100\%`, true},
		{"1000", `100\%`, false},
		{"a_b", `a\_b`, true},
		{`a\`, `a\`, true},
		{"été", "_t_", true},
		{"a\xffb", "a_b", true},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "%a%a%a%a%a%a%a%a%a%a%b", false},
	} {
		if got := matchesLike(tt.text, tt.pattern); got != tt.want {
			t.Errorf("%q LIKE %q is %t", tt.text, tt.pattern, got)
		}
	}
}

// Whatever is sent, filters are read or refused, and can be asked.
func FuzzFilters(f *testing.F) {
	for _, field := range filterFields {
		f.Add("filter_"+field.name+"=1", "boot.nfs")
		f.Add("filter_"+field.name+"_[gte]=Unknown&filter_"+field.name+"=ci:i,null", "")
	}
	f.Add("filter_test.path=%25a_%25", "a.a")
	f.Fuzz(func(t *testing.T, query, text string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return // no query
		}
		wanted, err := parseFilters(values)
		if err != nil {
			return
		}
		b := &answers.Built{ID: text, ConfigName: text, Status: report.Status(text)}
		seconds := float64(len(text))
		wanted.wantBuild(b, map[string]float64{text: seconds}, []seenIssue{{text, 1}})
		for _, kind := range []rollup.Kind{rollup.Boots, rollup.Tests} {
			g := &answers.Group{Build: b, Kind: kind, Platform: text, Lab: text}
			run := &store.Run{Path: text, Duration: &seconds, Compatible: []string{text}}
			if wanted.wantRun(run, g, nil) && !wanted.wantGroup(g, run.Compatible) {
				t.Error("a test is wanted of a group that is not")
			}
		}
		if wanted.n == 0 && !wanted.wantBuild(b, nil, nil) {
			t.Error("no filter, and it narrows")
		}
		if !matchesLike(text, "%") || matchesLike(text, "_%") != (text != "") {
			t.Errorf("%q is not like anything", text)
		}
	})
}
