// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

// read decodes the report of a submission. If objects have faults, and the database has a
// tray, it takes these objects out. It returns a *report.Error if nothing can be loaded.
func (b *batch) read(ctx context.Context, s *submission) error {
	m := s.Message()
	allowed := allowedBy(m)
	r, err := report.DecodeFor(ctx, m.Data, allowed)
	if err == nil {
		version, err := report.VersionOf(m.Data)
		s.report, s.receipt.Objects, s.receipt.Version = r, r.Count(), version.String()
		return err
	}
	if _, invalid := errors.AsType[*report.Error](err); !invalid || !b.hasTray() {
		return err
	}
	return s.sift(ctx, allowed)
}

// hasTray reports whether objects with faults can be kept. A load that is published has its
// receipts later, in another transaction.
func (b *batch) hasTray() bool { return b.Publish == nil && tray.Of(b.Store) != nil }

// allowedBy returns a function that reports whether the objects of a message may have an
// origin, nil if they may have any.
func allowedBy(m queue.Message) func(origin string) bool {
	if m.Origins == "" {
		return nil
	}
	origins := strings.Split(m.Origins, ",")
	return func(origin string) bool { return slices.Contains(origins, origin) }
}

// sift takes the objects with faults out of the report. It returns a *report.Error if the
// report has no good objects.
func (s *submission) sift(ctx context.Context, allowed func(string) bool) error {
	sifted, err := report.Sift(ctx, s.Message().Data, report.SiftOptions{Origin: allowed})
	if err != nil {
		return err
	}
	if sifted.Objects == 0 && len(sifted.Rejected) > 0 {
		return sifted.Err()
	}
	s.report, s.rejected = sifted.Report, s.receipt.Sifted(sifted)
	return nil
}
