// SPDX-License-Identifier: Apache-2.0

package service

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/all"
	"github.com/kcidb-go/kcidb/internal/artifact/raw"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// ledgerOf returns the ledger of a running service.
func ledgerOf(t *testing.T, s *running) []ledger.Entry {
	t.Helper()
	response, err := http.Get(s.url + "/api/ledger?limit=10")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var page struct{ Rows []ledger.Entry }
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", response.Status, err)
	}
	return page.Rows
}

// A submission is kept as it was received, and is in the ledger that anyone may read.
func TestSubmissionsAreKept(t *testing.T) {
	s := start(t, nil)
	text := " " + newReport(3)
	response, err := http.Post(s.url+"/submit", "application/json", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	var rows []ledger.Entry
	eventually.True(t, "the ledger has the submission", func() bool { rows = ledgerOf(t, s); return len(rows) == 1 })
	if err := new(ledger.Chain).Check(&rows[0]); err != nil || rows[0].Digest != artifact.Digest([]byte(text)) {
		t.Errorf("%+v, %v", rows[0], err)
	}
	kept, err := all.Open(t.Context(), "folder:"+filepath.Join(s.data, "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if got, err := kept.Read(t.Context(), rows[0].Digest); err != nil || string(got) != text {
		t.Errorf("kept %q, %v", got, err)
	}
	store := raw.Store{Artifacts: kept, Now: time.Now}
	for one, err := range store.All(t.Context()) {
		if err != nil || one.ID != rows[0].Subject || !one.Received.Equal(rows[0].At) {
			t.Errorf("the index has %+v, %v", one, err)
		}
	}
}

// A service that starts removes raw submissions that are too old.
func TestOldSubmissionsAreRemoved(t *testing.T) {
	data := t.TempDir()
	for days, want := range map[int]int{40: 1, 20: 0} {
		kept, err := all.Open(t.Context(), "folder:"+filepath.Join(data, "artifacts"))
		if err != nil {
			t.Fatal(err)
		}
		text := []byte{byte(days)}
		store := raw.Store{Artifacts: kept, Now: time.Now}
		if err := store.Keep(t.Context(), []raw.Received{{Data: text, Submission: raw.Submission{Digest: artifact.Digest(text)}}}); err != nil {
			t.Fatal(err)
		}
		s := startWith(t, func(c *Config) { c.Data = data }, func(s *Service) {
			s.now = func() time.Time { return time.Now().AddDate(0, 0, days) }
		})
		has := true
		if want == 1 {
			eventually.True(t, "the submission is removed", func() bool {
				has, err = kept.Has(t.Context(), artifact.Digest(text))
				return err == nil && !has
			})
		}
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if has, err = kept.Has(t.Context(), artifact.Digest(text)); err != nil || has == (want == 1) {
			t.Errorf("after %d days: kept %v, %v", days, has, err)
		}
		kept.Close()
	}
}

func TestNoArtifacts(t *testing.T) {
	s := start(t, func(c *Config) { c.Artifacts = "none" })
	if _, err := os.Stat(filepath.Join(s.data, "artifacts")); err == nil {
		t.Error("there is a folder of artifacts")
	}
}
