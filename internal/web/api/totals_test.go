// SPDX-License-Identifier: Apache-2.0

package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func init() {
	shapes["LabCounts"] = `{"*": {"builds": "count", "boots": "count", "tests": "count"}}`
	shapes["IssueIncidents"] = `{"*": [{"id": "str", "version": "count", "comment": "str?", "total_incidents": "count"}]}`

	contract("origins", func(t *testing.T, s *served) {
		for _, path := range []string{"/api/origins/", "/api/origins?interval_in_days=36500"} {
			wantShape(t, s.getOK(path), `{"checkout_origins": ["str"], "test_origins": ["str"]}`)
		}
	})
	contract("metrics", func(t *testing.T, s *served) {
		for _, path := range []string{"/api/metrics/", "/api/metrics?start_days_ago=36500&end_days_ago=0"} {
			wantShape(t, s.getOK(path), `{"n_trees": "count", "n_checkouts": "count", "n_builds": "count", "n_tests": "count", "n_issues": "count",
				"n_incidents": "count", "build_incidents_by_origin": {"*": {"total_incidents": "count", "n_new_issues": "count",
				"n_existing_issues": "count", "n_total_issues": "count"}}, "top_issues_by_origin": "IssueIncidents", "new_issues_by_origin": "IssueIncidents",
				"lab_maps": "LabCounts", "prev_n_trees": "count", "prev_n_checkouts": "count", "prev_n_builds": "count", "prev_n_tests": "count",
				"prev_lab_maps": "LabCounts"}`)
		}
	})
}

func TestOrigins(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		both, none := []any{"maestro", "redhat"}, []any{}
		for query, want := range map[string]any{
			"":                        map[string]any{"checkout_origins": both, "test_origins": both},
			"?interval_in_days=2":     map[string]any{"checkout_origins": both, "test_origins": both},
			"?interval_in_days=1":     map[string]any{"checkout_origins": none, "test_origins": none},
			"?interval_in_days=36500": map[string]any{"checkout_origins": both, "test_origins": both},
		} {
			if diff := cmp.Diff(want, s.getOK("/api/origins/"+query)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", query, diff)
			}
		}
		for _, bad := range []string{"0", "-1", "x", "36501", "99999999999999999999"} {
			s.refused("/api/origins/?interval_in_days="+bad, 400, "interval_in_days")
		}
	})
}

func TestMetrics(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		labs := func(builds, boots, tests int) map[string]any {
			return map[string]any{"builds": float64(builds), "boots": float64(boots), "tests": float64(tests)}
		}
		incidents := func(fresh, existing int) map[string]any {
			return map[string]any{
				"total_incidents": 1.0, "n_new_issues": float64(fresh), "n_existing_issues": float64(existing), "n_total_issues": 1.0,
			}
		}
		top := map[string]any{"maestro": []any{
			map[string]any{"id": "maestro:issue-code", "version": 2.0, "comment": "it panics in open()", "total_incidents": 1.0},
		}}
		none := map[string]any{}
		for query, want := range map[string]any{
			"": map[string]any{
				"n_trees": 3.0, "n_checkouts": 5.0, "n_builds": 12.0, "n_tests": 20.0, "n_issues": 3.0, "n_incidents": 4.0,
				"build_incidents_by_origin": map[string]any{"maestro": incidents(1, 0)}, "top_issues_by_origin": top, "new_issues_by_origin": top,
				"lab_maps": map[string]any{
					"k8s": labs(10, 0, 0), "lab-1": labs(0, 4, 10), "lab-2": labs(0, 3, 0), "beaker": labs(0, 1, 0), "maestro": labs(0, 0, 1), "redhat": labs(2, 0, 1),
				},
				"prev_n_trees": 0.0, "prev_n_checkouts": 0.0, "prev_n_builds": 0.0, "prev_n_tests": 0.0, "prev_lab_maps": none,
			},
			"?start_days_ago=1": map[string]any{
				"n_trees": 0.0, "n_checkouts": 0.0, "n_builds": 0.0, "n_tests": 0.0, "n_issues": 0.0, "n_incidents": 4.0,
				"build_incidents_by_origin": map[string]any{"maestro": incidents(0, 1)}, "top_issues_by_origin": top, "new_issues_by_origin": none,
				"lab_maps":     none,
				"prev_n_trees": 3.0, "prev_n_checkouts": 3.0, "prev_n_builds": 9.0, "prev_n_tests": 14.0,
				"prev_lab_maps": map[string]any{
					"k8s": labs(7, 0, 0), "lab-1": labs(0, 2, 7), "lab-2": labs(0, 2, 0), "beaker": labs(0, 1, 0), "maestro": labs(0, 0, 1), "redhat": labs(2, 0, 1),
				},
			},
			"?start_days_ago=3&end_days_ago=2": map[string]any{
				"n_trees": 1.0, "n_checkouts": 1.0, "n_builds": 2.0, "n_tests": 4.0, "n_issues": 2.0, "n_incidents": 0.0,
				"build_incidents_by_origin": none, "top_issues_by_origin": none, "new_issues_by_origin": none,
				"lab_maps":     map[string]any{"k8s": labs(2, 0, 0), "lab-1": labs(0, 1, 2), "lab-2": labs(0, 1, 0)},
				"prev_n_trees": 1.0, "prev_n_checkouts": 1.0, "prev_n_builds": 1.0, "prev_n_tests": 2.0,
				"prev_lab_maps": map[string]any{"k8s": labs(1, 0, 0), "lab-1": labs(0, 1, 1)},
			},
		} {
			if diff := cmp.Diff(want, s.getOK("/api/metrics/"+query)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", query, diff)
			}
		}
		for query, text := range map[string]string{
			"start_days_ago=0": "start_days_ago", "start_days_ago=x": "start_days_ago", "end_days_ago=-1": "end_days_ago",
			"start_days_ago=2&end_days_ago=2": "is not more than end_days_ago", "end_days_ago=9": "is not more than end_days_ago",
		} {
			s.refused("/api/metrics/?"+query, 400, text)
		}
	})
}
