// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

// runs returns builds, each of a configuration of its own, with their statuses, and
// tests alike.
func runs(r *report.Report, checkout string, statuses ...string) {
	r.Checkouts = append(r.Checkouts, report.Checkout{
		ID: checkout, Origin: "ci", TreeName: new("mainline"), GitRepositoryURL: new(mainlineURL), GitRepositoryBranch: new("master"),
		GitCommitHash: new(strings.Repeat(checkout[3:], 40)), StartTime: &startNew,
	})
	for i, status := range statuses {
		for n, s := range strings.Fields(status) {
			id := fmt.Sprint(checkout, ".", i, ".", n)
			outcome := report.Status(s)
			b := report.Build{ID: id, Origin: "ci", CheckoutID: checkout, ConfigName: new(fmt.Sprint("c", i)), Architecture: new("arm64"), Compiler: new("gcc-12")}
			test := report.Test{ID: id, Origin: "ci", BuildID: id, Path: new("ltp.x"), Environment: &report.Environment{Misc: []byte(`{"platform": "board-a"}`)}}
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
			{"FAIL", "FAIL PASS", "FAIL", "FAIL"},
			{"PASS PASS", "PASS", "PASS", "PASS"},
			{"SKIP", "FAIL", "INCONCLUSIVE", "FAIL"},
			{"PASS SKIP", "PASS", "INCONCLUSIVE", "PASS"},
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
		got := s.found("/api/tree/mainline/master/compare" + sides)
		kind := map[string]any{
			"sideA": map[string]any{"pass": 4., "fail": 3., "inconclusive": 3.},
			"sideB": map[string]any{"pass": 4., "fail": 4., "inconclusive": 3.},
			"delta": map[string]any{"pass": 0., "fail": 1.},
			"changes": map[string]any{
				"regression": 1., "fixed": 1., "newFailure": 2., "stillFailing": 1., "newPass": 2., "appeared": 3., "disappeared": 2.,
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
			for _, item := range s.found("/api/tree/mainline/master/compare/" + list + sides).([]any) {
				got[pick(t, item, "config_name").(string)] = item
			}
			for i, v := range variants {
				name := fmt.Sprint("c", i)
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
		changes := pick(t, s.found("/api/tree/mainline/master/compare"+same), "summary", "tests", "changes").(map[string]any)
		if changes["stillFailing"] != 3. || changes["appeared"] != 0. || changes["disappeared"] != 0. {
			t.Errorf("a revision differs from itself: %v", changes)
		}
		for query, want := range map[string]string{"": "hash_a", "?hash_a=x": "hash_b"} {
			for _, list := range []string{"", "/builds", "/boots", "/tests"} {
				s.refused("/api/tree/mainline/master/compare"+list+query, 400, want)
			}
		}
		s.refused("/api/tree/mainline/master/compare/tests?origin=ci&hash_b=x&hash_a="+strings.Repeat("a", 40), 200, "No checkouts")
	})
}
