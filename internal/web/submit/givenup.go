// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
)

const (
	// listEvery is how old the list of dead letters may be. A queue that cannot find a
	// message reads all dead letters for a list and hides them from other processes
	// meanwhile.
	listEvery = 10 * time.Minute
	// listPatience is how long a list may take.
	listPatience = 30 * time.Second
)

// givenUp are the dead letters of a queue that cannot find a message.
type givenUp struct {
	mu     sync.Mutex
	listed time.Time                // the last try
	known  map[string]store.Receipt // by ID
}

// givenUp returns the receipt of a message that the queue gave up, as of the last list. It
// makes a new list if the last one is old. Other callers do not wait for that list.
func (d *Receiver) givenUp(ctx context.Context, id string) (store.Receipt, bool) {
	if d.dead.isDue(d.Now()) {
		known, err := d.listDead(ctx)
		switch {
		case err == nil:
			d.dead.set(known)
		case errors.Is(err, queue.ErrForbidden):
			d.Log.DebugContext(ctx, "the account may not list dead letters: those without a receipt count as waiting", "error", err)
		default:
			d.Log.LogAttrs(ctx, slog.LevelWarn, "dead letters cannot be listed", slog.Any("error", err))
		}
	}
	return d.dead.get(id)
}

// isDue reports whether the caller has to make a new list.
func (g *givenUp) isDue(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.listed) < listEvery {
		return false
	}
	g.listed = now
	return true
}

func (g *givenUp) set(known map[string]store.Receipt) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = known
}

func (g *givenUp) get(id string) (store.Receipt, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	receipt, ok := g.known[id]
	return receipt, ok
}

// listDead returns the receipts of all dead letters, by ID.
func (d *Receiver) listDead(ctx context.Context) (map[string]store.Receipt, error) {
	// The list is for later callers, too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listPatience)
	defer cancel()
	if q, ok := d.Queue.(queue.Hiding); ok {
		defer q.ShowDeadLetters(ctx)
	}
	known := map[string]store.Receipt{}
	for letter, err := range d.Queue.DeadLetters(ctx) {
		if err != nil {
			return nil, err
		}
		known[letter.ID] = failed(letter)
	}
	return known, nil
}

// failed returns the receipt of a message that the queue gave up.
func failed(letter queue.DeadLetter) store.Receipt {
	return store.Receipt{
		Origin: letter.Origin, Token: letter.Token, Received: letter.Received, Finished: letter.Time,
		Bytes: int64(len(letter.Data)), Objects: letter.Objects, Failure: letter.Reason,
	}
}
