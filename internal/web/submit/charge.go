// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"errors"
	"net/http"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/report"
)

// Reports of a sender that are refused because of their content, or have faults, may take
// faultyShare of a processor, and faultyBurst seconds after a pause. Others are limited by
// their number: see TokenRate.
const (
	faultyShare = 0.25
	faultyBurst = 2
)

// sender returns the name of the account for faults: the token, or the address without one.
func (d *Receiver) sender(r *http.Request, token auth.Token) string {
	if token.ID != "" {
		return token.ID
	}
	return d.address(r).String()
}

// overdrawn returns the failure of a submission whose sender has to come later, because its
// faults took too long.
func (d *Receiver) overdrawn(sender string) error {
	wait := d.faulty.Owes(sender, d.Now())
	if wait == 0 {
		return nil
	}
	d.Metrics.postponed.WithLabelValues(reasonFaulty).Inc()
	return &failure{
		code: http.StatusTooManyRequests, retry: wait + time.Second, // the header has whole seconds
		message: "Reports with faults from you took too long: try again when the header Retry-After says",
	}
}

// charge charges the sender for the time of a body that was refused because of its content, or
// that has faults.
func (b *body) charge(err error, found *report.Sifted) {
	b.endTurn()
	if b.worked > 0 && isFaulty(err, found) {
		b.receiver.faulty.Charge(b.sender, b.worked.Seconds(), b.receiver.Now())
		b.worked = 0
	}
}

// isFaulty reports whether a submission was refused because of its content, or has faults.
func isFaulty(err error, found *report.Sifted) bool {
	if failed, ok := errors.AsType[*failure](err); ok {
		return failed.code < http.StatusInternalServerError
	}
	if err != nil {
		_, invalid := errors.AsType[*report.Error](err)
		return invalid
	}
	return found != nil && (len(found.Rejected) > 0 || len(found.Counts) > 0)
}
