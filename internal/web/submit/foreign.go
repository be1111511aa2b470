// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
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

// warn counts and logs the objects of a report whose origins the token does not name. It waits
// for a turn, if wanted, and for the memory of a second check. It logs without a number if it
// gets none in time.
func (d *Receiver) warn(ctx context.Context, t auth.Token, b *body, turn bool) {
	log := d.Log.With("origin", t.Origin(), "token", t.ID)
	done, err := b.reserveCheck(ctx, turn, siftPerByte)
	if err != nil {
		log.WarnContext(ctx, "objects of origins that the token does not name: they are not counted", "error", err)
		return
	}
	defer done()
	n := report.MaxRejected // or more
	found, err := report.SiftCheck(ctx, b.data, report.SiftOptions{Origin: func(name string) bool { return slices.Contains(t.Origins, name) }})
	if err == nil {
		n = foreign(found)
	}
	d.Metrics.foreign.WithLabelValues(label(t.Origin())).Add(float64(n))
	log.WarnContext(ctx, "objects of origins that the token does not name: the rule enforce would reject them", "objects", n)
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
