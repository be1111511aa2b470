// SPDX-License-Identifier: Apache-2.0

package public

import (
	"context"
	"errors"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/prefetch"
	"github.com/kcidb-go/kcidb/internal/store"
)

// loadObjects is the number of objects in a load.
const loadObjects = 8192

// Publish makes a public database: it empties it, copies the objects of the whole database
// but those of private origins into it, and records the private origins at the end. Receipts
// are not copied, because they do not say which objects they are about. No process may load
// meanwhile. copied is called with the number of objects after each load.
// It refuses to empty a database that it did not make.
//
// If Publish is interrupted, the public database has no record, and no service uses it until
// Publish has run again. Objects that cannot be read are left out: the *store.Unreadable
// that Publish then returns has them, and the public database is complete without them.
func Publish(ctx context.Context, whole, public store.Store, p Private, copied func(objects int)) error {
	if err := Forget(ctx, whole); err != nil {
		return err
	}
	if err := empty(ctx, public); err != nil {
		return err
	}
	var lost store.Unreadable
	for r, err := range prefetch.Seq2(whole.Dump(ctx, store.DumpOptions{Metadata: true, PerReport: loadObjects})) {
		if unreadable, ok := errors.AsType[*store.Unreadable](err); ok {
			lost.Join(unreadable)
			continue
		}
		if err != nil {
			return err
		}
		r = p.PublicOf(r)
		if _, err := public.Load(ctx, r, store.LoadOptions{Metadata: true}); err != nil {
			return fmt.Errorf("loading: %w", err)
		}
		copied(r.Count())
	}
	if err := Record(ctx, whole, public, p); err != nil {
		return err
	}
	return lost.Err()
}

// empty empties a public database, and records that it is not complete.
func empty(ctx context.Context, public store.Store) error {
	made, err := setting(ctx, public, leftOut)
	if err != nil {
		return err
	}
	if last, err := public.Time(ctx, store.LastModified); err != nil {
		return err
	} else if made == "" && !last.IsZero() {
		return errors.New("the target has objects and is no public database: it is left alone (kcidb db empty removes them)")
	}
	if err := public.Empty(ctx); err != nil {
		return err
	}
	return set(ctx, public, leftOut, unfinished)
}
