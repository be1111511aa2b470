// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/auth"
)

// authorize returns the token in the headers of a submission, if it gives a right to submit.
func (d *Receiver) authorize(ctx context.Context, h http.Header) (auth.Token, error) {
	t, err := d.Auth.Token(ctx, h)
	if err != nil {
		d.Metrics.refusals.Inc()
		return t, &failure{code: http.StatusUnauthorized, message: err.Error()}
	}
	return t, d.checkRights(t)
}

// checkRights returns the failure of a submission that the token has no right to, because of
// its roles or its origins.
func (d *Receiver) checkRights(t auth.Token) error {
	if !t.Roles.Has(auth.Submit) && !t.Roles.Has(auth.Issue) {
		return &failure{code: http.StatusForbidden, message: "The token may not submit: it needs the role submit, or the role issue for issues and incidents"}
	}
	for _, origin := range t.Origins {
		if d.enforces() && !auth.IsOrigin(origin) {
			return &failure{code: http.StatusForbidden, message: fmt.Sprintf(
				"The token may not submit: its origin %.40q is not of lower-case letters, digits and underscores, so no object can have it", origin)}
		}
	}
	return nil
}

// enforces reports whether objects must have the origins of the token.
func (d *Receiver) enforces() bool { return d.Auth.Enabled() && d.Rule == auth.Enforce }

// allowed returns the origins that objects may have, as queue.Message has them.
func (d *Receiver) allowed(t auth.Token) string {
	if !d.enforces() {
		return ""
	}
	return strings.Join(t.Origins, ",")
}

// checkLists returns the failure of a report with objects that the token may not submit.
func checkLists(t auth.Token, text []byte) error {
	if t.Roles.Has(auth.Submit) || hasIssuesOnly(text) {
		return nil
	}
	return &failure{code: http.StatusForbidden, message: "The token may submit issues and incidents only: other objects need the role submit"}
}

// hasIssuesOnly reports whether a valid report has no objects other than issues and
// incidents.
func hasIssuesOnly(text []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	if _, err := d.ReadToken(); err != nil { // the brace
		return false
	}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return false
		}
		switch name.String() {
		case "version", "issues", "incidents":
			err = d.SkipValue()
		default:
			_, err = d.ReadToken()
			if err == nil && d.PeekKind() != jsontext.KindEndArray {
				return false
			}
			_, err = d.ReadToken()
		}
		if err != nil {
			return false
		}
	}
	return true
}
