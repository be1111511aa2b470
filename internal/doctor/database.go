// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Bounds of the difference between clocks.
const (
	smallSkew = 5 * time.Second
	largeSkew = time.Minute
)

// checkDatabase checks the database, its schema and counts, whether the user may write, and
// its clock.
func (d *doctor) checkDatabase(ctx context.Context) {
	s, err := all.Open(ctx, d.Config.DatabaseSpec())
	if err != nil {
		d.fail("database", err.Error(), "")
		return
	}
	defer s.Close()
	asked := d.Now()
	now, err := s.Time(ctx, store.Current)
	switch {
	case errors.Is(err, store.ErrNotFound) && d.Config.Database == "":
		d.warn("database", "it does not exist yet: the service creates it", "")
		return
	case errors.Is(err, store.ErrOldSchema) && d.Config.Database == "":
		d.warn("database", "its schema is old: the service upgrades it at the next start", "systemctl restart kcidb")
		return
	case err != nil: // it names the command
		d.fail("database", err.Error(), "")
		return
	}
	d.checkClock(now.Sub(asked), d.Now().Sub(asked))
	first, err := s.Time(ctx, store.FirstModified)
	last, err2 := s.Time(ctx, store.LastModified)
	if err := errors.Join(err, err2); err != nil {
		d.fail("database", err.Error(), "")
		return
	}
	if last.After(now.Add(day)) {
		d.warn("clock", "the newest object is from the future, "+last.Format(time.RFC3339)+": newer values of it are ignored", "")
	}
	if counts := rollup.Of(s); counts != nil {
		if complete, err := counts.Complete(ctx); err != nil {
			d.fail("database", err.Error(), "")
			return
		} else if !complete {
			d.fail("database", "the roll-ups do not count all objects", "kcidb db rebuild -d SPEC")
			return
		}
	}
	if err := mayWrite(ctx, s); err != nil {
		d.fail("database", err.Error(), "run kcidb db init --ignore-initialized -d SPEC as the owner, which grants the roles their rights")
		return
	}
	d.ok("database", "it answers, has the newest schema, and counts all objects")
	d.checkGrowth(first, last)
}

// mayWrite returns an error if the user may not write. It removes no rows.
func mayWrite(ctx context.Context, s store.Sink) error {
	db := sqldb.Of(s)
	if db == nil {
		return nil
	}
	return db.Failure(ctx, "write", db.Update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM receipts WHERE id = $1", "")
		return err
	}))
}

// checkClock compares the clock of the database with that of this machine. The question took
// a while.
func (d *doctor) checkClock(skew, took time.Duration) {
	skew -= took / 2
	detail := fmt.Sprintf("the clocks of the database and of this machine differ by %v", skew.Abs().Round(time.Millisecond))
	switch {
	case skew.Abs() > largeSkew+took:
		d.fail("clock", detail, "synchronise both clocks: timedatectl set-ntp true")
	case skew.Abs() > smallSkew+took:
		d.warn("clock", detail, "synchronise both clocks: timedatectl set-ntp true")
	default:
		d.ok("clock", detail)
	}
}
