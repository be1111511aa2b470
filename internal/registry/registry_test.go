// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

// onEngines runs a test on an empty database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, s store.Store)) {
	t.Helper()
	for name, open := range map[string]func(t *testing.T) (store.Store, error){
		"sqlite": func(t *testing.T) (store.Store, error) {
			return sqlite.Open(filepath.Join(t.TempDir(), "kcidb.db"))
		},
		"postgres": func(t *testing.T) (store.Store, error) {
			return postgres.Open(strings.TrimPrefix(pgtest.Database(t), "postgresql:"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			if err := s.Init(t.Context(), store.Version{}); err != nil {
				t.Fatal(err)
			}
			test(t, s)
		})
	}
}

// at is a time that all engines keep exactly.
func at(hours int) time.Time {
	return time.Date(2026, 3, 1, hours, 0, 0, 0, time.UTC)
}

func TestTokens(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Store) {
		db, ctx := registry.Of(s), t.Context()
		first := registry.Token{
			Token: auth.Token{ID: "1", Origins: []string{"ci", "lab"}, Roles: auth.Roles{auth.Submit, auth.Read}, Expires: at(9)},
			Note:  "of the lab", Created: at(1),
		}
		second := first
		second.ID, second.Created = "2", at(2)
		for _, token := range []registry.Token{second, first, first} {
			if err := db.Record(ctx, token); err != nil {
				t.Fatal(err)
			}
		}
		// A known token, and an unknown token.
		for _, id := range []string{"2", "3"} {
			for range 2 {
				if err := db.Revoke(ctx, registry.Token{Token: auth.Token{ID: id}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		all, err := db.Tokens(ctx)
		if err != nil || len(all) != 3 {
			t.Fatalf("%v, %v", all, err)
		}
		for i, want := range []registry.Token{{Token: auth.Token{ID: "3"}}, first, second} {
			if all[i].Revoked.IsZero() != (want.ID == "1") {
				t.Errorf("%s was revoked: %v", want.ID, all[i].Revoked)
			}
			all[i].Revoked = time.Time{}
			if diff := cmp.Diff(want, all[i]); diff != "" {
				t.Error(diff)
			}
		}
		if got, found, err := db.Token(ctx, "1"); err != nil || !found || cmp.Diff(first, got) != "" {
			t.Errorf("%v, %v, %v", got, found, err)
		}
		if _, found, err := db.Token(ctx, "none"); err != nil || found {
			t.Errorf("%v, %v", found, err)
		}
	})
}

func TestSetting(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Store) {
		db := registry.Of(s)
		err := db.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO settings (name, value) VALUES ('a', 'b')")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"a": "b", registry.OriginsSetting: ""} {
			if got, err := db.Setting(t.Context(), name); err != nil || got != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	})
}

// TestRevocations: a revocation by another process takes effect at once, and holds while the
// database does not answer.
func TestRevocations(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Store) {
		db, ctx := registry.Of(s), t.Context()
		var log bytes.Buffer
		broken := &breaking{Conn: db.Conn}
		asked, err := (&registry.DB{DB: &sqldb.DB{Conn: broken, Dialect: db.Dialect}}).Revocations(ctx, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if asked.Revoked(ctx, "1") {
			t.Error("1 was not revoked")
		}
		if err := db.Revoke(ctx, registry.Token{Token: auth.Token{ID: "1"}}); err != nil {
			t.Fatal(err)
		}
		if !asked.Revoked(ctx, "1") || asked.Revoked(ctx, "2") {
			t.Error("1 was revoked, and 2 was not")
		}
		broken.err = errors.New("the database is gone")
		if !asked.Revoked(ctx, "1") || asked.Revoked(ctx, "3") || asked.Revoked(ctx, "4") {
			t.Error("without the database: 1 was revoked, and 3 and 4 were not")
		}
		if n := bytes.Count(log.Bytes(), []byte("known before hold")); n != 1 {
			t.Errorf("the log says it %d times: %s", n, &log)
		}
		broken.err = nil
		if err := db.Revoke(ctx, registry.Token{Token: auth.Token{ID: "2"}}); err != nil {
			t.Fatal(err)
		}
		broken.later = time.Minute
		if !asked.Revoked(ctx, "2") {
			t.Error("2 was revoked")
		}
	})
}

// breaking is a connection that may fail, with a clock that may be ahead.
type breaking struct {
	sqldb.Conn
	err   error
	later time.Duration
}

func (b *breaking) ReadCommitted(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	if b.err != nil {
		return b.err
	}
	return b.Conn.ReadCommitted(ctx, f)
}

func (b *breaking) Now() time.Time { return b.Conn.Now().Add(b.later) }
