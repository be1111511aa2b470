// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"bytes"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/report"
)

// Refusal is the error of a submission that was not accepted.
type Refusal struct {
	Status  int    // of HTTP
	Message string // for the sender
	Faults  []report.Fault
}

func (r *Refusal) Error() string { return r.Message }

// SubmitForm receives the report that a page made of a form which a reader sent with the
// text of a token: write returns it for the first origin that the token names. All that holds
// for reports sent to /submit with strict=1 holds for it as well. The error is that of write or a *Refusal:
// a wrong token has the status 401; a token without the right, and a form from a page of
// another site, 403.
func (d *Receiver) SubmitForm(r *http.Request, text string, write func(origin string) ([]byte, error)) (id string, err error) {
	begun := d.Now()
	ctx := r.Context()
	refused := func(token auth.Token, err error) (string, error) {
		code, a, _ := d.refuse(ctx, token, r.RemoteAddr, err)
		return "", &Refusal{code, a.Message, a.Faults}
	}
	if new(http.CrossOriginProtection).Check(r) != nil {
		return refused(auth.Token{}, otherSite)
	}
	token, err := d.authorize(ctx, http.Header{"Authorization": {"Bearer " + text}})
	sender := d.sender(r, token)
	if err == nil {
		err = d.admit(ctx, token, sender)
	}
	if err != nil {
		return refused(token, err)
	}
	data, err := write(token.Origin())
	if err != nil {
		return "", err
	}
	b := &body{receiver: d, sender: sender}
	defer b.release()
	if err := b.fill(ctx, bytes.NewReader(data), int64(len(data))+1); err != nil {
		return refused(token, err)
	}
	m, _, err := d.accept(ctx, token, b, true, begun)
	b.charge(err, nil)
	if err != nil {
		return refused(token, err)
	}
	return m.ID, nil
}
