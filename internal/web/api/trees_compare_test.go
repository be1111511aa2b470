// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

// runs returns builds, each of a configuration of its own, with their statuses in the
// order of their starts, and tests alike. Their IDs are in another order.
func runs(r *report.Report, checkout string, statuses ...string) {
	r.Checkouts = append(r.Checkouts, report.Checkout{
		ID: checkout, Origin: "ci", TreeName: new("mainline"), GitRepositoryURL: new(mainlineURL), GitRepositoryBranch: new("master"),
		GitCommitHash: new(strings.Repeat(checkout[3:], 40)), StartTime: &startNew,
	})
	for i, status := range statuses {
		for n, s := range strings.Fields(status) {
			id := fmt.Sprint(checkout, ".", i, ".", 9-n)
			outcome, start := report.Status(s), startNew.Add(time.Duration(n)*time.Hour)
			b := report.Build{ID: id, Origin: "ci", CheckoutID: checkout, ConfigName: new(fmt.Sprint("c", i)), Architecture: new("arm64"), Compiler: new("gcc-12"), StartTime: &start}
			test := report.Test{ID: id, Origin: "ci", BuildID: id, Path: new("ltp.x"), StartTime: &start, Environment: &report.Environment{Misc: []byte(`{"platform": "board-a"}`)}}
			if s != "-" {
				b.Status, test.Status = &outcome, &outcome
			}
			boot := test
			boot.ID, boot.Path = id+"boot", new("boot")
			r.Builds, r.Tests = append(r.Builds, b), append(r.Tests, test, boot)
		}
	}
}

func TestCompare(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{}
		variants := []struct{ a, b, statusA, statusB string }{
			{"PASS", "FAIL", "PASS", "FAIL"},
			{"FAIL", "PASS", "FAIL", "PASS"},
			{"FAIL", "FAIL PASS", "FAIL", "PASS"},
			{"FAIL", "PASS FAIL", "FAIL", "FAIL"},
			{"PASS PASS", "PASS", "PASS", "PASS"},
			{"SKIP", "FAIL", "INCONCLUSIVE", "FAIL"},
			{"PASS SKIP", "PASS", "INCONCLUSIVE", "PASS"},
			{"SKIP", "SKIP", "INCONCLUSIVE", "INCONCLUSIVE"},
			{"FAIL", "ERROR", "FAIL", "INCONCLUSIVE"},
			{"-", "ERROR DONE", "INCONCLUSIVE", "INCONCLUSIVE"},
			{"", "FAIL", "", "FAIL"},
			{"", "PASS", "", "PASS"},
			{"", "MISS", "", "INCONCLUSIVE"},
			{"PASS", "", "PASS", ""},
			{"FAIL", "", "FAIL", ""},
			{"PASS", "SKIP", "PASS", "INCONCLUSIVE"},
		}
		var sideA, sideB []string
		for _, v := range variants {
			sideA, sideB = append(sideA, v.a), append(sideB, v.b)
		}
		runs(r, "ci:a", sideA...)
		runs(r, "ci:b", sideB...)
		s.load(r)
		sides := "?origin=ci&hash_a=" + strings.Repeat("a", 40) + "&hash_b=" + strings.Repeat("b", 40)
		got := s.getOK("/api/tree/mainline/master/compare" + sides)
		kind := map[string]any{
			// All runs count.
			"sideA": map[string]any{"pass": 6., "fail": 5., "inconclusive": 4.},
			"sideB": map[string]any{"pass": 6., "fail": 5., "inconclusive": 6.},
			"delta": map[string]any{"pass": 0., "fail": 0.},
			// The newest ones only.
			"changes": map[string]any{
				"regression": 2., "fixed": 3., "newFailure": 2., "stillFailing": 1., "newPass": 2., "appeared": 1., "disappeared": 2.,
			},
		}
		want := map[string]any{
			"treeName": "mainline", "branch": "master", "gitUrl": mainlineURL,
			"summary": map[string]any{"builds": kind, "boots": kind, "tests": kind},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		orNull := func(s string) any {
			if s == "" {
				return nil
			}
			return s
		}
		for _, list := range []string{"builds", "boots", "tests"} {
			got := make(map[string]any)
			for _, item := range s.getOK("/api/tree/mainline/master/compare/" + list + sides).([]any) {
				got[pick(t, item, "config_name").(string)] = item
			}
			for i, v := range variants {
				name := fmt.Sprint("c", i)
				if v.statusA == v.statusB && list != "builds" {
					if got[name] != nil {
						t.Errorf("%s: %s did not change, and is listed", list, name)
					}
					continue
				}
				want := map[string]any{"config_name": name, "architecture": "arm64", "status_a": orNull(v.statusA), "status_b": orNull(v.statusB)}
				if list == "builds" {
					want["compiler"] = "gcc-12"
				} else {
					want["path"], want["platform"] = map[string]string{"boots": "boot", "tests": "ltp.x"}[list], "board-a"
				}
				if diff := cmp.Diff(want, got[name]); diff != "" {
					t.Errorf("%s: %s", list, diff)
				}
			}
		}
		same := strings.ReplaceAll(sides, strings.Repeat("b", 40), strings.Repeat("a", 40))
		changes := pick(t, s.getOK("/api/tree/mainline/master/compare"+same), "summary", "tests", "changes").(map[string]any)
		if changes["stillFailing"] != 5. || changes["appeared"] != 0. || changes["disappeared"] != 0. {
			t.Errorf("a revision differs from itself: %v", changes)
		}
		for query, want := range map[string]string{"": "hash_a", "?hash_a=x": "hash_b"} {
			for _, list := range []string{"", "/builds", "/boots", "/tests"} {
				s.refused("/api/tree/mainline/master/compare"+list+query, 400, want)
			}
		}
		s.refused("/api/tree/mainline/master/compare?filter_test.status=OK&origin=ci&hash_a=x&hash_b=y", 400, "filter_test.status")
	})
}

// Commits without checkouts have no runs.
func TestCompareUnknown(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{}
		runs(r, "ci:a", "PASS", "FAIL")
		s.load(r)
		sides := "?origin=ci&hash_b=" + hashNew + "&hash_a="
		for _, a := range []string{hashOld, strings.Repeat("a", 40)} {
			known := a != hashOld
			got := s.getOK("/api/tree/mainline/master/compare" + sides + a)
			for kind, of := range pick(t, got, "summary").(map[string]any) {
				var n float64
				for _, side := range []string{"sideA", "sideB"} {
					for _, count := range []string{"pass", "fail", "inconclusive"} {
						n += pick(t, of, side, count).(float64)
					}
				}
				if want := map[bool]float64{true: 2}[known]; n != want || pick(t, of, "changes", "disappeared") != want {
					t.Errorf("%s of %s: %v", kind, a, of)
				}
			}
			if url := pick(t, got, "gitUrl"); url != map[bool]string{true: mainlineURL}[known] {
				t.Errorf("gitUrl is %v", url)
			}
			for _, list := range []string{"builds", "boots", "tests"} {
				if got, ok := s.getOK("/api/tree/mainline/master/compare/" + list + sides + a).([]any); !ok || known != (len(got) == 2) {
					t.Errorf("%s of %s: %v", list, a, got)
				}
			}
		}
	})
}

// Filters narrow what is compared.
func TestCompareFilters(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		const sides = "?hash_a=" + hashMid + "&hash_b=" + hashNew
		for filter, want := range map[string]string{
			"":                                     "builds 2:8 boots 2:3 tests 2:10",
			"filter_architecture=x86_64":           "builds 1:3 boots 0:0 tests 0:0",
			"filter_build.status=PASS":             "builds 2:2 boots 2:3 tests 2:10",
			"filter_test.path=.open":               "builds 2:8 boots 2:3 tests 1:1",
			"filter_boot.platform=board-b":         "builds 2:8 boots 1:2 tests 2:10",
			"filter_test.lab=lab-2":                "builds 2:8 boots 1:2 tests 0:0",
			"filter_test.issue=Uncategorized,null": "builds 2:8 boots 2:3 tests 0:1",
			"filter_build.duration_[gte]=63":       "builds 0:4 boots 2:3 tests 2:10",
		} {
			got := pick(t, s.getOK("/api/tree/mainline/master/compare"+sides+"&"+filter), "summary")
			var text []string
			for _, kind := range []string{"builds", "boots", "tests"} {
				n := func(side string) (n float64) {
					for _, count := range pick(t, got, kind, side).(map[string]any) {
						n += count.(float64)
					}
					return n
				}
				text = append(text, fmt.Sprintf("%s %v:%v", kind, n("sideA"), n("sideB")))
			}
			if got := strings.Join(text, " "); got != want {
				t.Errorf("%s: %s, want %s", filter, got, want)
			}
		}
		for _, item := range s.getOK("/api/tree/mainline/master/compare/builds" + sides + "&filter_architecture=x86_64").([]any) {
			if got := pick(t, item, "architecture"); got != "x86_64" {
				t.Errorf("a build for %v", got)
			}
		}
		if got := s.getOK("/api/tree/mainline/master/compare/tests" + sides + "&filter_test.path=.open").([]any); len(got) != 1 {
			t.Errorf("tests: %v", got)
		}
	})
}
