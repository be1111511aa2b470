// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/public"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// TestPublicDatabaseIsLeftOut: after a restore no public database counts as that of the
// restored one, and the manifest says which parts are left out.
func TestPublicDatabaseIsLeftOut(t *testing.T) {
	o := try(t)
	whole, err := sqlite.Open(o.Database[len("sqlite:"):])
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	open, err := sqlite.Open(filepath.Join(t.TempDir(), "public.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	private := public.Private{"lab"}
	_, err = whole.Load(t.Context(), &report.Report{Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}}}, store.LoadOptions{})
	if err := errors.Join(err, open.Init(t.Context(), store.Version{}), public.Record(t.Context(), whole, open, private)); err != nil {
		t.Fatal(err)
	}
	o.Others = []string{"the public database"}
	dir, m := make2(t, o)
	if !slices.Equal(m.Without, o.Others) || !m.HasArtifacts() {
		t.Errorf("the manifest: %+v", m)
	}
	to := t.TempDir()
	restored := Sources{Database: "sqlite:" + filepath.Join(to, "kcidb.db"), Artifacts: filepath.Join(to, "artifacts")}
	if _, err := Restore(t.Context(), RestoreOptions{Sources: restored, From: dir, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	again, err := sqlite.Open(filepath.Join(to, "kcidb.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := public.Compare(t.Context(), whole, open, private); err != nil {
		t.Error(err)
	}
	if err := public.Compare(t.Context(), again, open, private); !errors.Is(err, public.ErrOther) {
		t.Errorf("the old public database is taken: %v", err)
	}
}
