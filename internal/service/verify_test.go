// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// TestVerifierFindsDifferences: a count that was changed behind the program's back is found.
func TestVerifierFindsDifferences(t *testing.T) {
	_, p := frontOf(t, func(*Config) {})
	r := &report.Report{
		Checkouts: []report.Checkout{{ID: "ci:1", Origin: "ci"}},
		Builds:    []report.Build{{ID: "ci:1", Origin: "ci", CheckoutID: "ci:1", Status: new(report.Status("PASS"))}},
	}
	if _, err := p.store.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	v := &verifier{counts: rollup.Of(p.store), sample: 1, log: slog.New(slog.NewTextHandler(&log, nil)), now: func() time.Time { return now }}
	v.verify(t.Context())
	if v.differences != 0 || !v.verified.Equal(now) || log.Len() > 0 {
		t.Errorf("%d differences, verified %v\n%s", v.differences, v.verified, &log)
	}
	change := func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE daily_counts SET n = n + 1")
		return err
	}
	if err := sqldb.Of(p.store).Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	v.verify(t.Context())
	if v.differences == 0 || !strings.Contains(log.String(), "do not match") {
		t.Errorf("%d differences after a change\n%s", v.differences, &log)
	}
}

func TestUntilVerify(t *testing.T) {
	for clock, want := range map[string]time.Duration{"01:59": time.Minute, "02:00": 24 * time.Hour, "03:00": 23 * time.Hour} {
		now, err := time.Parse("2006-01-02 15:04", "2026-02-28 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := untilVerify(now); got != want {
			t.Errorf("%s: %v, want %v", clock, got, want)
		}
	}
}
