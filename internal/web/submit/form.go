// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"bytes"
	"net/http"

	"github.com/kcidb-go/kcidb/report"
)

// Refusal is the error of a submission that was not accepted.
type Refusal struct {
	Status  int    // of HTTP
	Message string // for the sender
	Faults  []report.Fault
}

func (r *Refusal) Error() string { return r.Message }

// SubmitForm receives the report that a page made of a form which a reader sent with a
// token: write returns it for the origin that the token names. All that holds for reports
// sent to /submit holds for it as well. The error is that of write or a *Refusal: a wrong
// token has the status 401, and a form from a page of another site 403.
func (d *Receiver) SubmitForm(r *http.Request, token string, write func(origin string) ([]byte, error)) (id string, err error) {
	begun := d.Now()
	ctx := r.Context()
	refused := func(origin string, err error) (string, error) {
		code, a, _ := d.refuse(ctx, origin, r.RemoteAddr, err)
		return "", &Refusal{code, a.Message, a.Faults}
	}
	if new(http.CrossOriginProtection).Check(r) != nil {
		return refused("", otherSite)
	}
	origin, err := d.Auth.Origin(http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		d.Metrics.refusals.Inc()
		return refused("", &failure{code: http.StatusUnauthorized, message: err.Error()})
	}
	data, err := write(origin)
	if err != nil {
		return "", err
	}
	b := &body{receiver: d}
	defer b.release()
	if err := b.fill(ctx, bytes.NewReader(data), int64(len(data))+1); err != nil {
		return refused(origin, err)
	}
	m, err := d.accept(ctx, origin, b, begun)
	if err != nil {
		return refused(origin, err)
	}
	return m.ID, nil
}
