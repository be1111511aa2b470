// SPDX-License-Identifier: Apache-2.0

// Package loaded carries the news of loads from the loader to the notifier by a queue of
// its own, the loaded topic, for databases that note no changes, such as BigQuery.
//
// The loader publishes messages after each load: patterns of the loaded objects, one per
// line, as the kcidb-mq-pattern commands exchange them:
//
//	>build["ci:b1"; "ci:b2"]#
//	>test["ci:t1"]#
//
// The patterns say neither whether an object is new, nor what its status was. The
// notifier compares with the statuses that the spool keeps instead.
//
// # Every load is considered
//
// The loader publishes after the database has the objects, and before it keeps the
// receipts and acknowledges the submissions. If it dies before the receipts, the
// submissions come again, are loaded again, which changes nothing, and are published
// again. If it dies after the receipts, the messages are in the topic already.
//
// The notifier acknowledges a message when its changes are settled. So a change may be
// considered several times, but each time with the status that the last time left in the
// spool, and notifications of one identity are sent once.
package loaded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/report"
)

// Publisher publishes loads.
type Publisher struct{ Queue queue.Queue }

// Publish publishes that a report was loaded, and returns when the topic has all
// messages. The submissions are the IDs of those that the report came from. After an error
// the topic may have some of the messages. Publishing the same load again, with its
// objects in the same order, makes messages with the same IDs.
func (p Publisher) Publish(ctx context.Context, submissions []string, r *report.Report, at time.Time) error {
	for text, objects := range encode(r, maxText) {
		m := queue.Message{ID: idOf(submissions, text), Objects: objects, Received: at, Data: text}
		if err := p.Queue.Publish(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// idOf returns the ID of a message: the same for the same patterns of the same
// submissions. Another load of the same objects has other submissions, and so another ID.
func idOf(submissions []string, text []byte) string {
	hash := sha256.New()
	hash.Write([]byte(strings.Join(slices.Sorted(slices.Values(submissions)), "\n")))
	hash.Write([]byte("\n\n"))
	hash.Write(text)
	return hex.EncodeToString(hash.Sum(nil)[:16])
}
