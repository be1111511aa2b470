// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"log/slog"
	"slices"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/report"
)

// originsOf returns the function that reports whether objects may have an origin, nil if they
// may have any. It sets seen if it allows an origin only because the rule is to warn.
func (d *Receiver) originsOf(t auth.Token, seen *bool) func(name string) bool {
	switch {
	case d.enforces():
		return func(name string) bool { return slices.Contains(t.Origins, name) }
	case d.Auth.Enabled() && d.Rule == auth.Warn:
		return func(name string) bool {
			*seen = *seen || !slices.Contains(t.Origins, name)
			return true
		}
	}
	return nil
}

// warn counts and logs the objects of a good report whose origins the token does not name. It
// waits for the memory of a second check.
func (d *Receiver) warn(ctx context.Context, t auth.Token, b *body) {
	done, err := b.reserveCheck(ctx, b.isLong(), siftPerByte)
	if err != nil {
		return
	}
	defer done()
	n := report.MaxRejected // or more
	found, err := report.SiftCheck(ctx, b.data, report.SiftOptions{Origin: func(name string) bool { return slices.Contains(t.Origins, name) }})
	if err == nil {
		n = foreign(found)
	}
	d.Metrics.foreign.WithLabelValues(label(t.Origin())).Add(float64(n))
	d.Log.LogAttrs(ctx, slog.LevelWarn, "objects of origins that the token does not name: the rule enforce would reject them",
		slog.String("origin", t.Origin()), slog.String("token", t.ID), slog.Int("objects", n))
}

// foreign returns the number of objects that were rejected because of their origins.
func foreign(found *report.Sifted) (n int) {
	for _, r := range found.Rejected {
		if slices.ContainsFunc(r.Faults, func(f report.Fault) bool { return f.Kind == report.KindOrigin }) {
			n++
		}
	}
	return n
}
