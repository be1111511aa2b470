// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// TestPartialSubmission: a service with a database that keeps rejected objects accepts the good
// objects of a report, and counts the others.
func TestPartialSubmission(t *testing.T) {
	s := start(t, nil)
	client, err := kcidb.Connect(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	text := []byte(`{"version":{"major":5,"minor":3},"builds":[{"id":"ci:1","origin":"ci","checkout_id":"ci:1","comment":null},{"id":"ci:2"}]}`)
	r, err := client.SubmitPartly(t.Context(), text)
	if err != nil || r.Rejected != 1 || len(r.Faults) != 2 || r.Repaired != 1 || r.Repairs[0].ID != "ci:1" {
		t.Fatalf("got %+v, %v", r, err)
	}
	if _, err := client.SubmitJSON(t.Context(), text); !errors.As(err, new(*report.Error)) {
		t.Errorf("got %v", err)
	}
	resp, err := http.Get(s.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	metrics, err := io.ReadAll(resp.Body)
	for _, line := range []string{`kcidb_rejected_objects_total{origin="none"} 1`, `kcidb_repairs_total{kind="null"} 1`} {
		if !strings.Contains(string(metrics), line+"\n") {
			t.Errorf("no %s in the metrics: %v", line, err)
		}
	}
}

// TestPartialNeedsATray: reports with rejected objects are accepted only if the loader can keep
// these, because the loader gives up such reports otherwise.
func TestPartialNeedsATray(t *testing.T) {
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for loaded, want := range map[secret.Text]bool{"": true, "pubsub:project/loaded": false} {
		s := &Service{cfg: Config{Loaded: loaded}}
		if got := s.keepsRejected(db); got != want {
			t.Errorf("with the loaded topic %q: %v", string(loaded), got)
		}
	}
}
