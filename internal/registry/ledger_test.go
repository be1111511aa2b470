// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
)

// rows returns the rows of the ledger as texts, after a check of their chain.
func rows(t *testing.T, db *registry.DB) (all []string) {
	t.Helper()
	entries, err := db.Ledger(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var chain ledger.Chain
	for _, e := range entries {
		if err := chain.Check(&e); err != nil {
			t.Error(err)
		}
		if time.Since(e.At).Abs() > time.Minute || !e.Decision() {
			t.Errorf("not a decision of now: %+v", e)
		}
		all = append(all, fmt.Sprintf("%s: %s|%s|%s", e.Kind, e.Subject, e.Origin, e.Token))
	}
	return all
}

// TestLedger: each decision has a row, once, and a request that changes nothing has none.
func TestLedger(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Store) {
		db, ctx := registry.Of(s), t.Context()
		may := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		made := registry.Token{Token: auth.Token{ID: "1", Origins: []string{"lab", "ci"}}, Created: at(1)}
		may(db.Record(ctx, made))
		may(db.Record(ctx, made))
		may(db.Revoke(ctx, made))
		may(db.Revoke(ctx, made))
		may(db.Revoke(ctx, registry.Token{Token: auth.Token{ID: "2"}}))
		_, err := db.Request(ctx, "ci", "ci@example.org")
		may(err)
		may(db.Refuse(ctx, "admin", "ci"))
		code, err := db.Request(ctx, "ci", "ci@example.org")
		may(err)
		if _, err := db.Request(ctx, "ci", "ci@example.org"); err == nil {
			t.Error("the origin asks twice")
		}
		may(db.Approve(ctx, "", "ci", at(9)))
		_, err = db.Fetch(ctx, code, signed)
		may(err)
		may(db.SetSetting(ctx, registry.OriginsSetting, "warn"))
		may(db.SetSetting(ctx, registry.OriginsSetting, ""))
		may(s.Purge(ctx, store.PurgeOptions{}))
		may(s.Purge(ctx, store.PurgeOptions{Before: at(2)}))
		want := []string{
			"token made: 1|ci,lab|", "token revoked: 1|ci,lab|", "token revoked: 2||",
			"origin requested: ci||", "origin refused: ci||admin", "origin requested: ci||", "origin approved: ci||",
			"token made: ci|ci|", "setting: origins||", "setting: origins||", "purge: 2026-03-01T02:00:00Z||",
		}
		if diff := cmp.Diff(want, rows(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestLedgerConcurrency: decisions at the same time are in one chain, and none is lost.
func TestLedgerConcurrency(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Store) {
		db := registry.Of(s)
		const writers, each = 4, 8
		group, ctx := errgroup.WithContext(t.Context())
		for i := range writers {
			group.Go(func() error {
				for j := range each {
					if err := db.Record(ctx, registry.Token{Token: auth.Token{ID: fmt.Sprint(i, " ", j)}, Created: at(1)}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		all := rows(t, db)
		slices.Sort(all)
		if n := len(slices.Compact(all)); n != writers*each {
			t.Errorf("%d rows, want %d", n, writers*each)
		}
	})
}
