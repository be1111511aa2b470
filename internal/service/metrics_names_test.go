// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestMetricsAreDocumented: the guide for administrators has a row for each metric, and no
// others.
func TestMetricsAreDocumented(t *testing.T) {
	const root = "../.."
	made := regexp.MustCompile(`(?:Name: |NewDesc\(|counter\(|histogram\(|gauge\()"(kcidb_[a-z_]+)"`)
	missing := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range made.FindAllStringSubmatch(string(text), -1) {
			missing[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) < 40 {
		t.Fatalf("only %d metrics in the program", len(missing))
	}
	guide, err := os.ReadFile(filepath.Join(root, "docs/administrator.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(kcidb_[a-z_]+)`").FindAllStringSubmatch(string(guide), -1) {
		if !missing[m[1]] {
			t.Errorf("docs/administrator.md has the metric %s, which does not exist or is there twice", m[1])
		}
		delete(missing, m[1])
	}
	for name := range missing {
		t.Errorf("docs/administrator.md has no row for the metric %s", name)
	}
}

// TestMetricsOfSubmissions follows a good and a bad report into the metrics.
func TestMetricsOfSubmissions(t *testing.T) {
	s := start(t, nil)
	r := submitAs(t, s.url, "", 1)
	waitForStatus(t, s.url, r.ID, "processed")
	bad := strings.Replace(newReport(2), `"PASS"`, `"OK"`, 1)
	if r := do(t, request(t, "POST", s.url+"/submit?strict=1", strings.NewReader(bad))); r.code != 400 {
		t.Fatalf("%d %s", r.code, r.body)
	}
	eventually.Succeeds(t, func() error {
		metrics := do(t, request(t, "GET", s.url+"/metrics", nil)).body
		for _, line := range []string{
			"kcidb_loader_latency_seconds_count 1", "kcidb_loader_batch_submissions_sum 1", "kcidb_loader_batch_objects_sum 2",
			`kcidb_faults_total{kind="enum",origin="none"} 1`, "kcidb_queue_oldest_seconds 0", "kcidb_rollup_verified_timestamp_seconds 0",
			`kcidb_http_refused_total{reason="rate"} 0`, `kcidb_http_seconds_count{kind="submission"} 2`, "kcidb_http_in_flight 1",
		} {
			if !strings.Contains(metrics, "\n"+line+"\n") {
				return fmt.Errorf("no metric %s in\n%s", line, metrics)
			}
		}
		return nil
	})
}
