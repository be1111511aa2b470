// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// verifyHour is the hour of the day, in UTC, in which roll-ups are verified: few systems
// submit then, and people who look at pages sleep.
const verifyHour = 2

// verifier verifies a sample of the roll-ups each night.
type verifier struct {
	counts *rollup.DB
	sample float64
	log    *slog.Logger
	now    func() time.Time

	mu          sync.Mutex
	differences int
	verified    time.Time
}

// verifier returns the verifier of the roll-ups of a database, with its metrics; nil if it is off, or the
// database has no roll-ups.
func (s *Service) verifier(a realm) *verifier {
	counts := rollup.Of(a.store)
	if s.cfg.VerifySample == 0 || counts == nil {
		return nil
	}
	v := &verifier{counts: counts, sample: float64(s.cfg.VerifySample) / 100, log: s.log, now: s.now}
	gauge := func(name, help string, value func() float64) {
		a.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("kcidb_rollup_differences", "Counts that differ from the objects, in the sample verified last.", func() float64 {
		v.mu.Lock()
		defer v.mu.Unlock()
		return float64(v.differences)
	})
	gauge("kcidb_rollup_verified_timestamp_seconds", "When this process verified a sample of the roll-ups last; 0 if it never did.", func() float64 {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.verified.IsZero() {
			return 0
		}
		return float64(v.verified.Unix())
	})
	return v
}

// run verifies once a night until ctx ends, at a minute by chance, so that several processes
// do not begin together.
func (v *verifier) run(ctx context.Context) error {
	for {
		timer := time.NewTimer(untilVerify(v.now()) + rand.N(time.Hour))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
			v.verify(ctx)
		}
	}
}

// untilVerify returns how long it is from a time to the next verifyHour.
func untilVerify(now time.Time) time.Duration {
	now = now.UTC()
	next := time.Date(now.Year(), now.Month(), now.Day(), verifyHour, 0, 0, 0, time.UTC)
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next.Sub(now)
}

// verify verifies a sample. Roll-ups that do not count all objects yet are no failure.
func (v *verifier) verify(ctx context.Context) {
	if complete, err := v.counts.Complete(ctx); err != nil || !complete {
		v.log.Warn("the roll-ups are not verified: they are not complete, or the database does not answer", "error", err)
		return
	}
	differences := 0
	err := v.counts.Verify(ctx, rollup.VerifyOptions{Sample: v.sample}, func(d rollup.Difference) {
		if differences++; differences == 1 {
			v.log.Error("the roll-ups do not match the objects: run kcidb db verify", "first", d.String())
		}
	})
	if err != nil {
		if ctx.Err() == nil {
			v.log.Warn("the roll-ups are not verified", "error", err)
		}
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.differences, v.verified = differences, v.now()
}
