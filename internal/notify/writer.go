// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"time"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

const (
	// writePick is how long a process holds the notifications that it writes. If the process
	// dies, they wait as long.
	writePick = 6 * time.Minute
	// writeTime bounds how long a notification is read for. Some 40 questions fit, one after
	// another, to a database that takes two seconds for each, as BigQuery may do.
	writeTime = 80 * time.Second
	// beginTime is how long Write begins notifications. The last may be read for twice, and
	// is stored within 20 seconds, before the pick ends.
	beginTime = writePick - 2*writeTime - 20*time.Second
)

// reading is a graph that notifications are written from, and a function that ends its
// context.
type reading struct {
	*graph.Graph
	end context.CancelFunc
}

func newReading(ctx context.Context, s store.Store) *reading {
	ctx, end := context.WithCancel(ctx)
	return &reading{graph.New(ctx, s), end}
}

// do calls f, which may read for writeTime. It returns a panic as an error.
func (r *reading) do(f func() error) error {
	defer time.AfterFunc(writeTime, r.end).Stop()
	return catchPanic(f)
}

// writer writes the notifications of one pick. They share a graph, because they often
// have ancestors in common, and some databases take seconds for each question.
type writer struct {
	*Notifier
	folder *subscription.Folder
	shared *reading // nil if each notification is read for alone
}

// newWriter reads the objects of notifications at once. Close ends the reading.
func (n *Notifier) newWriter(ctx context.Context, folder *subscription.Folder, picked []spool.Notification) *writer {
	w := &writer{Notifier: n, folder: folder, shared: newReading(ctx, n.Store)}
	var refs []object.Ref
	for i := range picked {
		if kind := picked[i].Object.Type; kind != spool.TypeRecipient && kind != spool.TypeOrigin {
			refs = append(refs, picked[i].Object)
		}
	}
	err := w.shared.do(func() error {
		_, err := w.shared.Find(refs...)
		return err
	})
	if err != nil && ctx.Err() == nil {
		w.stopSharing(err)
	}
	return w
}

// close ends the shared graph.
func (w *writer) close() {
	if w.shared != nil {
		w.shared.end()
		w.shared = nil
	}
}

// stopSharing ends the shared graph after an error, because a graph keeps its first
// error.
func (w *writer) stopSharing(err error) {
	w.Log.Warn("cannot read for several notifications at once; reading for each alone", "error", err)
	w.close()
}

// write writes a notification from the shared graph. If that fails, it writes the
// notification from a graph of its own, so that no notification fails by the objects of
// another.
func (w *writer) write(ctx context.Context, notification *spool.Notification) error {
	switch notification.Object.Type {
	case spool.TypeRecipient:
		return catchPanic(func() error { return w.writeDigest(ctx, notification) })
	case spool.TypeOrigin:
		return catchPanic(func() error { return w.writeToContact(ctx, notification) })
	}
	if w.shared != nil {
		err := w.writeShared(ctx, notification)
		if err == nil || errors.Is(err, spool.ErrTaken) || ctx.Err() != nil {
			return err
		}
		w.stopSharing(err)
	}
	own := newReading(ctx, w.Store)
	defer own.end()
	return own.do(func() error {
		found, err := own.Find(notification.Object)
		if err != nil {
			return err
		}
		return w.writeFrom(ctx, own.Graph, found[0], w.folder, notification)
	})
}

// writeShared writes a notification from the shared graph. It drops a graph of more than
// 1,000 objects, to bound the memory.
func (w *writer) writeShared(ctx context.Context, notification *spool.Notification) error {
	g := w.shared.Graph
	err := w.shared.do(func() error { return w.writeFrom(ctx, g, g.Object(notification.Object), w.folder, notification) })
	if g.Len() > objectsAtOnce {
		w.close()
	}
	return err
}
