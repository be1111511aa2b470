// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/cmd/kcidb/internal/audit"
	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/folder"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// bench has 5 submissions "s1" to "s5", of which the last was given up, and whose bytes are
// their IDs.
type bench struct {
	db        *sqldb.DB
	artifacts *artifact.Store
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	f, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	b := &bench{sqldb.Of(s), &artifact.Store{Bucket: f}}
	for i := 1; i <= 5; i++ {
		id := fmt.Sprint("s", i)
		r := store.Receipt{ID: id, Origin: "ci", Token: "t", Received: time.Unix(int64(i), 0).UTC(), Finished: time.Unix(100, 0), Digest: artifact.Digest([]byte(id))}
		if i < 5 {
			_, err = s.Load(t.Context(), &report.Report{}, store.LoadOptions{Receipts: []store.Receipt{r}})
		} else {
			r.Failure = "no report"
			err = s.SaveReceipts(t.Context(), []store.Receipt{r})
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := b.artifacts.Put(t.Context(), []byte(id)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// run returns the result of an audit, and the differences.
func (b *bench) run(t *testing.T, change func(*audit.Options)) (audit.Result, []string) {
	t.Helper()
	var all []string
	o := audit.Options{
		Rows: b.db.Ledger, Database: b.db, Artifacts: b.artifacts,
		Checked: func(int) {}, Differs: func(text string) { all = append(all, text) },
	}
	if change != nil {
		change(&o)
	}
	result, err := audit.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if result.Differences != len(all) {
		t.Errorf("%d differences, and %q", result.Differences, all)
	}
	return result, all
}

func TestAgrees(t *testing.T) {
	b := newBench(t)
	whole, all := b.run(t, nil)
	if len(all) > 0 || whole.Rows != 5 || whole.Kept != 5 || whole.Gone != 0 {
		t.Errorf("%+v, %q", whole, all)
	}
	// Old receipts and old raw submissions are removed.
	b.exec(t, "DELETE FROM receipts WHERE id = 's1'")
	if err := b.artifacts.Delete(t.Context(), artifact.Digest([]byte("s2"))); err != nil {
		t.Fatal(err)
	}
	if r, all := b.run(t, nil); len(all) > 0 || r.Kept != 4 || r.Gone != 1 {
		t.Errorf("%+v, %q", r, all)
	}
	rows, err := b.db.Ledger(t.Context(), 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	r, all := b.run(t, func(o *audit.Options) { o.After, o.Head = 3, rows[2].Hash })
	if len(all) > 0 || r.Rows != 2 || r.Head != whole.Head {
		t.Errorf("behind a row: %+v, %q", r, all)
	}
	if _, all := b.run(t, func(o *audit.Options) { o.Head = strings.Repeat("0", 64) }); len(all) != 1 {
		t.Errorf("an unknown head: %q", all)
	}
	o := audit.Options{Rows: b.db.Ledger, After: 9}
	if _, err := audit.Run(t.Context(), o); err == nil {
		t.Error("a row that does not exist is no error")
	}
}

func (b *bench) exec(t *testing.T, query string) {
	t.Helper()
	err := b.db.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDifferences(t *testing.T) {
	for query, want := range map[string][]string{
		"UPDATE ledger SET origin = 'other' WHERE number = 2": {
			"row 2 (submission s2): its hash does not fit its values and the row before it",
			`row 2, submission s2: the ledger has the origin "other", the receipt "ci"`,
		},
		"DELETE FROM ledger WHERE number = 2": {
			"row 3 follows row 1: rows between them are missing",
			"submission s2: its receipt has a digest, and the ledger has no row of it",
		},
		"DELETE FROM ledger WHERE number = 5":                                                  {"submission s5: its receipt has a digest, and the ledger has no row of it"},
		"UPDATE receipts SET token = 'x' WHERE id = 's2'":                                      {`row 2, submission s2: the ledger has the token "t", the receipt "x"`},
		"UPDATE receipts SET digest = 'x' WHERE id = 's2'":                                     {`row 2, submission s2: the ledger has the digest "` + artifact.Digest([]byte("s2")) + `", the receipt "x"`},
		"UPDATE receipts SET received = 5 WHERE id = 's2'":                                     {"row 2, submission s2: the ledger says it was received at 1970-01-01 00:00:02 +0000 UTC, the receipt at 1970-01-01 00:00:00.000005 +0000 UTC"},
		"UPDATE receipts SET failure = 'x' WHERE id = 's2'":                                    {"row 2, submission s2: the ledger says it was loaded, the receipt that it was given up"},
		"UPDATE ledger SET number = number + 10 WHERE number = 5":                              {"row 15 follows row 4: rows between them are missing"},
		"UPDATE ledger SET hash = (SELECT hash FROM ledger WHERE number = 1) WHERE number = 5": {"row 5 (refused s5): its hash does not fit its values and the row before it"},
	} {
		t.Run(query, func(t *testing.T) {
			b := newBench(t)
			b.exec(t, query)
			_, all := b.run(t, nil)
			slices.Sort(want)
			slices.Sort(all)
			if diff := cmp.Diff(want, all); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDamagedBytes(t *testing.T) {
	b := newBench(t)
	info, err := b.artifacts.Stat(t.Context(), artifact.Digest([]byte("s2")))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.artifacts.Bucket.Write(t.Context(), []artifact.File{{Name: info.Name, Data: []byte("other")}}); err != nil {
		t.Fatal(err)
	}
	_, all := b.run(t, nil)
	want := []string{"row 2, submission s2: the bytes that are kept do not have the digest " + artifact.Digest([]byte("s2"))}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
}

// TestDecisions: decisions are in the chain, and told.
func TestDecisions(t *testing.T) {
	b := newBench(t)
	before := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := b.db.NotePurge(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	var told []string
	tell := func(o *audit.Options) {
		told = nil
		o.Decision = func(e ledger.Entry) { told = append(told, string(e.Kind)+" "+e.Subject) }
	}
	if r, all := b.run(t, tell); r.Rows != 6 || len(all) > 0 || !slices.Equal(told, []string{"purge 2025-01-02T03:04:05Z"}) {
		t.Errorf("%+v, %q, %q", r, all, told)
	}
	b.exec(t, "UPDATE ledger SET subject = '2020-01-02T03:04:05Z' WHERE number = 6")
	if _, all := b.run(t, tell); len(all) != 1 || !strings.HasPrefix(all[0], "row 6 (purge 2020-01-02T03:04:05Z): its hash") {
		t.Errorf("%q", all)
	}
}
