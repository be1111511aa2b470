// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

// TestRejected loads the good objects of a report, and keeps the others in the tray until a
// correction comes. A report without a good object is given up.
func TestRejected(t *testing.T) {
	b := newBench(t)
	publish := func(id, origins, text string) {
		t.Helper()
		err := b.queue.Publish(t.Context(), queue.Message{
			ID: id, Origin: "ci", Token: "0123456789abcdef", Origins: origins, Received: time.Now(), Data: []byte(text),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	publish("mixed", "ci", `{"version": {"major": 5, "minor": 0}, "checkouts": [
		{"id": "ci:good", "origin": "ci", "comment": "a\u0000b"}, {"id": "ci:bad", "origin": "ci", "valid": "yes"}, {"id": "other:1", "origin": "other"}]}`)
	publish("bad", "ci", `{"version": {"major": 5, "minor": 0}, "checkouts": [{"id": "other:2", "origin": "other"}]}`)
	b.run(t, func() bool { return b.finished(t, "mixed") && b.finished(t, "bad") })

	mixed, err := b.store.Receipt(t.Context(), "mixed")
	if err != nil {
		t.Fatal(err)
	}
	if mixed.Failure != "" || mixed.Version != "5.0" || mixed.Objects != 1 || mixed.Rejected != 2 || mixed.Token != "0123456789abcdef" ||
		mixed.Details.Count(store.New) != 1 || len(mixed.Details.Repairs) != 1 || mixed.Details.MoreRepairs != 0 {
		t.Errorf("receipt %+v", mixed)
	}
	if bad, err := b.store.Receipt(t.Context(), "bad"); err != nil || !strings.Contains(bad.Failure, "not a valid report") {
		t.Errorf("receipt %+v, %v", bad, err)
	}
	if dead := b.deadLetters(t); len(dead) != 1 || dead[0].ID != "bad" {
		t.Errorf("dead letters %v", dead)
	}
	rows, err := tray.Of(b.store).Find(t.Context(), tray.Question{Most: 9})
	if err != nil || len(rows) != 2 || rows[0].ID != "ci:bad" || rows[1].ID != "other:1" || rows[1].Place != 2 || rows[1].Faults[0].Kind != report.KindOrigin {
		t.Fatalf("the tray has %+v, %v", rows, err)
	}

	publish("corrected", "ci", `{"version": {"major": 5, "minor": 0}, "checkouts": [{"id": "ci:bad", "origin": "ci", "valid": true}]}`)
	b.run(t, func() bool { return b.finished(t, "corrected") })
	row, err := tray.Of(b.store).Get(t.Context(), rows[0].At())
	if err != nil || row.State != tray.Corrected || row.SettledBy != "corrected" {
		t.Errorf("%+v, %v", row, err)
	}
	if _, err := report.Decode(row.Document); !errors.As(err, new(*report.Error)) {
		t.Errorf("the document %s: %v", row.Document, err)
	}
}
