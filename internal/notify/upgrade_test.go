// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// TestUpgrade sends the notifications of a database of schema 9, which has no HTML: a
// notification that the earlier version wrote, as preformatted text, and a notification
// that waits, as blocks.
func TestUpgrade(t *testing.T) {
	onEngines(t, func(t *testing.T, db database) {
		standard := "on: test\nselect: {now: FAIL}\nto: [dev@example.org]\n"
		h := newTestbedOn(t, db, map[string]string{"now.yaml": standard, "later.yaml": standard + "wait: 1h\n"})
		h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
		h.step("consider", h.Consider)
		h.step("write", h.Write)
		h.downgrade()
		if err := db.Upgrade(t.Context(), store.Version{}, nil); err != nil {
			t.Fatal(err)
		}
		h.work()
		h.clock.move(2 * time.Hour)
		h.work()
		sent := h.mails.Messages()
		if len(sent) != 2 {
			t.Fatalf("%d mails were sent, want 2:\n%s", len(sent), h.log)
		}
		for i, want := range []string{
			"<body>\n<pre class=\"preformatted\">\nFAIL: the test fails\n",
			"<body>\n<p class=\"verdict\"><b class=\"fail\">FAIL</b>: the test fails</p>\n",
		} {
			if shown := strings.ReplaceAll(h.parts(sent[i].Data)[1], "\r\n", "\n"); !strings.Contains(shown, want) {
				t.Errorf("mail %d lacks %q:\n%s", i+1, want, shown)
			}
		}
	})
}

// downgrade makes the database one of schema 9: it takes the later migrations back.
func (h *testbed) downgrade() {
	h.t.Helper()
	db := sqldb.Of(h.store.database)
	engine, mark := "sqlite", "PRAGMA user_version = 9"
	if db.Concurrent() {
		engine, mark = "postgres", "DELETE FROM kcidb_migrations WHERE number > 9"
	}
	downs, err := filepath.Glob(filepath.Join("..", "store", engine, "migrations", "*.down.sql"))
	if err != nil || len(downs) < 10 {
		h.t.Fatalf("%d migrations, %v", len(downs), err)
	}
	err = db.Update(h.t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		for _, down := range slices.Backward(downs[9:]) {
			text, err := os.ReadFile(down)
			if err != nil {
				return err
			}
			// All of it is one transaction, in which an index cannot be dropped beside others.
			if _, err := tx.Exec(ctx, strings.ReplaceAll(string(text), " CONCURRENTLY", "")); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, mark)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Spool.List(h.t.Context(), listAll); err == nil {
		h.t.Fatal("the database still has the newest schema")
	}
}
