// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
)

// TestRetention: a service moves what is old into an archive, and says so.
func TestRetention(t *testing.T) {
	dir := t.TempDir()
	stores := map[string]*sqlite.Store{}
	for _, name := range []string{"main", "archive"} {
		s, err := sqlite.Open(filepath.Join(dir, name+".db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		if err := s.Init(t.Context(), store.Version{}); err != nil {
			t.Fatal(err)
		}
		stores[name] = s
	}
	for _, days := range []int{1, 100} {
		received := time.Now().AddDate(0, 0, -days)
		r := &report.Report{Checkouts: []report.Checkout{{ID: fmt.Sprint("a:", days), Origin: "a", Timestamp: &received}}}
		if _, err := stores["main"].Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, func(c *Config) {
		c.Database = secret.Text("sqlite:" + filepath.Join(dir, "main.db"))
		c.ArchiveTo = secret.Text("sqlite:" + filepath.Join(dir, "archive.db"))
		c.RetentionDays, c.RetentionWindow = 30, "00:00-24:00"
	})
	get := func(path string) string { return do(t, request(t, "GET", s.url+path, nil)).body }
	eventually.True(t, "the old object is moved", func() bool { return strings.Contains(get("/ready"), "retention: OK, done at ") })
	for metric, want := range map[string]bool{
		"kcidb_retention_last_success_timestamp_seconds 0\n": false,
		"kcidb_retention_archived_objects_total 1\n":         true,
		"kcidb_retention_failures_total 0\n":                 true,
	} {
		if got := strings.Contains(get("/metrics"), metric); got != want {
			t.Errorf("metric %q: %v", metric, got)
		}
	}
	for name, want := range map[string]string{"main": "a:1", "archive": "a:100"} {
		var ids []string
		for r, err := range stores[name].Dump(t.Context(), store.DumpOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.Checkouts {
				ids = append(ids, c.ID)
			}
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}
