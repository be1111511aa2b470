// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

const (
	// answerWithin is how long a request waits for the database.
	answerWithin = time.Second
	// pause is how long the database is not asked after it did not answer.
	pause = 5 * time.Second
	// fresh is how long an answer of the database is used again. Revoke returns that long
	// after the revocation, so that all processes refuse the token then. It keeps the
	// cost of a check below that of a load.
	fresh = 100 * time.Millisecond
	// maxAsked bounds the answers that are remembered.
	maxAsked = 4096
	// lookEvery is the time between two looks for all revocations.
	lookEvery = time.Minute
)

// Revocations answers for each request whether its token was revoked. When DB.Revoke has
// returned, all processes say so. While the database does not answer, the revocations
// known before hold.
type Revocations struct {
	db  *DB
	log *slog.Logger

	mu    sync.Mutex           // guards the fields below
	known map[string]bool      // revoked
	asked map[string]time.Time // when the database said that a token was not revoked
	until time.Time            // the database is not asked until then
}

// Revocations returns the revocations of the database.
func (db *DB) Revocations(ctx context.Context, log *slog.Logger) (*Revocations, error) {
	r := &Revocations{db: db, log: log, known: make(map[string]bool), asked: make(map[string]time.Time)}
	return r, r.look(ctx)
}

// Revoked reports whether the token with an ID was revoked.
func (r *Revocations) Revoked(ctx context.Context, id string) bool {
	if r.mustAsk(id) {
		if revoked, err := r.ask(ctx, id); err == nil {
			return revoked
		} else if ctx.Err() == nil {
			r.failed(err)
		}
	}
	return r.Known(id)
}

// Known reports whether the token with an ID was revoked, as far as that is known without the
// database: the revocations of the last minute may be missing.
func (r *Revocations) Known(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[id]
}

// mustAsk reports whether the database has to be asked about a token.
func (r *Revocations) mustAsk(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.db.Now().Before(r.until) && !r.known[id] && time.Since(r.asked[id]) >= fresh
}

// ask asks the database about a token.
func (r *Revocations) ask(ctx context.Context, id string) (revoked bool, err error) {
	begun := time.Now()
	if r.db.Concurrent() {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, answerWithin)
		defer cancel()
	} else {
		// SQLite answers at once. A context that may end would cost it goroutines.
		ctx = context.WithoutCancel(ctx)
	}
	err = r.db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		var at int64
		revoked, err = sqldb.ReadRow(ctx, tx, "SELECT revoked FROM tokens WHERE id = $1 AND revoked > 0", []any{id}, &at)
		return err
	})
	if err == nil {
		r.note(id, revoked, begun)
	}
	return revoked, err
}

// note remembers an answer to a question that was asked at the time given.
func (r *Revocations) note(id string, revoked bool, asked time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if revoked {
		r.known[id] = true
		return
	}
	if len(r.asked) >= maxAsked {
		clear(r.asked)
	}
	r.asked[id] = asked
}

// failed notes that the database did not answer.
func (r *Revocations) failed(err error) {
	r.log.Warn("the database does not say which tokens were revoked: the revocations known before hold", "error", r.db.Failure(context.Background(), "ask for a revocation", err))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until = r.db.Now().Add(pause)
}

// Run looks for all revocations again and again until ctx ends, so that they are known when the
// database does not answer. Then it returns nil.
func (r *Revocations) Run(ctx context.Context) error {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
			if err := r.look(ctx); err != nil && ctx.Err() == nil {
				r.failed(err)
			}
		}
	}
}

// look reads the revocations of tokens that have not expired.
func (r *Revocations) look(ctx context.Context) error {
	known := make(map[string]bool)
	err := r.db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		clear(known)
		var id string
		return sqldb.Read(ctx, tx, "SELECT id FROM tokens WHERE revoked > 0 AND (expires = 0 OR expires > $1)",
			[]any{r.db.Now().Add(-time.Hour).UnixMicro()}, []any{&id}, func() error { known[id] = true; return nil })
	})
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.known = known
	}
	return r.db.Failure(ctx, "read revocations", err)
}
