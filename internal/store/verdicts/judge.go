// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/treenames"
)

// A revision whose results change all the time is judged again after leastRest, or after
// restShare times as long as judging it took, whichever is longer. So judging takes at most
// a twentieth of the time for each such revision.
const (
	leastRest = 2 * time.Second
	restShare = 20
)

// pollEvery is how often the judge looks for work if it had none, and retryAfter how long it
// waits after an error. If it cannot judge a revision, that revision rests for errorRest or
// longer, so that the judge comes to the others.
const (
	pollEvery  = time.Second
	retryAfter = 10 * time.Second
	errorRest  = time.Minute
)

// Judge judges revisions whose results changed. Its methods may be called concurrently.
// Several judges may work on one database: they do some work twice, and come to the same
// result.
type Judge struct {
	DB    *DB
	Names *treenames.Names // may be nil
	Now   func() time.Time
	Log   *slog.Logger
	// Judged is called after each revision, with the time that it took. May be nil.
	Judged func(took time.Duration)

	mu     sync.Mutex // held while a revision is judged
	faults map[string]faultOf
}

// Run judges until ctx ends, and returns nil then. It logs errors, and goes on.
func (j *Judge) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		judged, err := j.step(ctx, false)
		wait := time.Duration(0)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && judged:
			j.Log.Error("a revision cannot be judged now: judging the others", "error", err)
		case err != nil:
			j.Log.Error("revisions cannot be judged now: trying again", "error", err, "in", retryAfter)
			wait = retryAfter
		case !judged:
			wait = pollEvery
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
	return nil
}

// JudgeFor judges revisions until none is due, and begins none after the time d.
func (j *Judge) JudgeFor(ctx context.Context, d time.Duration) error {
	for end := j.Now().Add(d); j.Now().Before(end); {
		if judged, err := j.step(ctx, false); err != nil || !judged {
			return err
		}
	}
	return nil
}

// Once judges all revisions that wait, also those that were judged a moment ago. It returns
// the number of judgements.
func (j *Judge) Once(ctx context.Context) (judged int, err error) {
	for {
		did, err := j.step(ctx, true)
		if err != nil || !did {
			return judged, err
		}
		judged++
	}
}

// step takes all marks, and judges the newest revision that waits. It reports whether there
// was one. Unless hurry is set, it leaves out revisions that rest. After an error it is true
// if the revision rests now.
func (j *Judge) step(ctx context.Context, hurry bool) (judged bool, err error) {
	for {
		taken, err := j.register(ctx)
		if err != nil {
			return false, j.DB.Failure(ctx, "look for revisions to judge", err)
		}
		if taken < marksAtOnce {
			break
		}
	}
	judged, err = j.judgeNewest(ctx, hurry)
	return judged, j.DB.Failure(ctx, "judge a revision", err)
}

// register takes some marks of changed checkouts.
func (j *Judge) register(ctx context.Context) (taken int, err error) {
	var marked bool
	err = j.DB.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, "SELECT EXISTS (SELECT 1 FROM changed_checkouts)", nil, &marked)
		return err
	})
	if err != nil || !marked {
		return 0, err
	}
	err = j.update(ctx, func(ctx context.Context, tx sqldb.Tx) (err error) {
		r := registrar{tx, j.DB.Dialect, j.Names}
		taken, err = r.register(ctx)
		return err
	})
	return taken, err
}

// update calls f with a transaction that no other judge's runs beside.
func (j *Judge) update(ctx context.Context, f func(ctx context.Context, tx sqldb.Tx) error) error {
	return j.DB.Update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		if err := j.DB.Lock(ctx, tx, sqldb.JudgeLock, true); err != nil {
			return err
		}
		return f(ctx, tx)
	})
}

// judgeNewest judges the newest revision that waits. It reads in a transaction that no load
// waits for. After an error it reports whether the revision rests now.
func (j *Judge) judgeNewest(ctx context.Context, hurry bool) (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.faults == nil {
		j.faults = make(map[string]faultOf)
	}
	due := j.Now().UnixMicro()
	if hurry {
		due = math.MaxInt64
	}
	began := time.Now()
	work := judgement{reader: reader{Dialect: j.DB.Dialect}, cache: j.faults}
	found := false
	err := j.DB.View(ctx, func(ctx context.Context, tx sqldb.Tx) (err error) {
		work.Tx = tx
		if found, err = work.find(ctx, due); err != nil || !found {
			return err
		}
		return work.read(ctx)
	})
	if !found {
		return false, err
	}
	now, rest := j.Now(), restShare*time.Since(began)
	if err == nil {
		err = j.update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
			return work.write(ctx, tx, now.UnixMicro(), now.Add(max(leastRest, rest)).UnixMicro())
		})
	}
	if err != nil {
		return j.rest(ctx, work.key, now.Add(max(errorRest, rest))) == nil, fmt.Errorf("revision %s: %w", work.hash, err)
	}
	if j.Judged != nil {
		j.Judged(time.Since(began))
	}
	return true, nil
}

// rest lets a revision rest until a moment.
func (j *Judge) rest(ctx context.Context, key int64, until time.Time) error {
	return j.update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE revisions SET due = $2 WHERE key = $1", key, until.UnixMicro())
		return err
	})
}

// Waiting returns the numbers of checkouts and revisions that wait to be judged.
func (db *DB) Waiting(ctx context.Context) (checkouts, revisions int64, err error) {
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		query := "SELECT (SELECT count(*) FROM changed_checkouts), (SELECT count(*) FROM revisions WHERE version > done)"
		_, err := sqldb.ReadRow(ctx, tx, query, nil, &checkouts, &revisions)
		return err
	})
	return checkouts, revisions, db.Failure(ctx, "count what waits to be judged", err)
}
