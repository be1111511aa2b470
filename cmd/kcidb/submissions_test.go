// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/report"
)

// sifted SQLITEFILE ID FILE loads the good objects of a report as the submission ID, and puts
// the others into the tray, as the service does.
func sifted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sifted SQLITEFILE ID FILE")
	}
	ctx := context.Background()
	s, err := all.Open(ctx, "sqlite:"+ts.MkAbs(args[0]))
	ts.Check(err)
	defer s.Close()
	found, err := report.Sift(ctx, []byte(ts.ReadFile(args[2])), report.SiftOptions{})
	ts.Check(err)
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	receipt := store.Receipt{ID: args[1], Origin: "ci", Token: "0123456789abcdef", Received: at, Finished: at.Add(time.Second), Bytes: 7}
	rejected := receipt.Sifted(found)
	found.Report.SetTimestamps(at)
	_, err = s.Load(ctx, found.Report, store.LoadOptions{
		Metadata: true, Receipts: []store.Receipt{receipt}, Reports: []*report.Report{found.Report}, Rejected: rejected,
	})
	ts.Check(err)
}
