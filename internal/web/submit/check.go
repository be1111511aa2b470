// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/report"
)

// isStrict reports whether the sender wants all or nothing: the parameter strict.
func isStrict(r *http.Request) (bool, error) {
	value := r.URL.Query().Get("strict")
	if value == "" {
		return false, nil
	}
	strict, err := strconv.ParseBool(value)
	if err != nil {
		return false, &failure{code: http.StatusBadRequest, message: fmt.Sprintf("The parameter strict is 1 or 0, not %.40q", value)}
	}
	return strict, nil
}

// check checks a report. It sifts a report with faults, if the sender and the loader take
// its good objects. The error is a *report.Error for a report without good objects. done
// releases the memory for the check.
func (d *Receiver) check(ctx context.Context, token auth.Token, b *body, strict bool) (found *report.Sifted, done func(), err error) {
	seen := false // an origin that the token does not name
	origin := d.originsOf(token, &seen)
	done, err = b.reserveCheck(ctx, b.isLong(), checkPerByte)
	if err != nil {
		return nil, nil, err
	}
	begun := d.Now()
	objects, err := report.CheckFor(ctx, b.data, origin)
	if !b.turn {
		b.worked += d.Now().Sub(begun)
	}
	if err == nil && !seen {
		return &report.Sifted{Objects: objects}, done, nil
	}
	done()
	if err == nil {
		d.warn(ctx, token, b, b.isLong())
		return &report.Sifted{Objects: objects}, func() {}, nil
	}
	// The lists of a report with faults are not clear enough for a token that may submit
	// some of them only.
	_, faulty := errors.AsType[*report.Error](err)
	if !faulty || strict || !d.Partial || !token.Roles.Has(auth.Submit) {
		return nil, nil, err
	}
	// A check of a report with many faults ends early, and sifting it does not: 1 MB took up to
	// 150 ms rather than 4. So short bodies take turns as well.
	done, err = b.reserveCheck(ctx, true, siftPerByte)
	if err != nil {
		return nil, nil, err
	}
	found, err = report.SiftCheck(ctx, b.data, report.SiftOptions{Origin: origin})
	if err == nil && found.Objects == 0 && len(found.Rejected) > 0 {
		err = found.Err()
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	if seen {
		done()
		d.warn(ctx, token, b, true)
		done = func() {}
	}
	return found, done, nil
}

// findings are members of the answer to a report with rejected objects or repairs.
type findings struct {
	Repaired int             `json:"repaired"` // the number of repairs
	Repairs  []report.Repair `json:"repairs,omitempty"`
}

// addFindings adds the faults of rejected objects and the repairs, each up to some 100.
func (a *answer) addFindings(found *report.Sifted) {
	if len(found.Rejected) == 0 && len(found.Counts) == 0 {
		return
	}
	a.Rejected = len(found.Rejected)
	a.findings = &findings{Repaired: found.Repaired(), Repairs: found.Repairs}
	if e := found.Err(); e != nil {
		a.Faults, a.More = e.Faults, e.More
	}
}
