// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestSubmitForm: a report of a form is received like any other, or refused for the same
// reasons, and holds no memory afterwards.
func TestSubmitForm(t *testing.T) {
	d, _ := newReceiver(t, 0)
	d.Auth = &auth.Checker{Primary: secret.Fixed("s")}
	token, err := auth.Sign("s", "ci", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	other, err := auth.Sign("other", "ci", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	own := errors.New("the form has a fault")
	for _, test := range []struct {
		name, token, report string
		site                string // Sec-Fetch-Site
		err                 error  // of the form
		status              int    // of the refusal
		want                string // in the error
	}{
		{"good", token, emptyReport, "same-origin", nil, 0, ""},
		{"good, of a program", token, emptyReport, "", nil, 0, ""},
		{"no token", "", emptyReport, "same-origin", nil, 401, "InvalidToken"},
		{"of another secret", other, emptyReport, "same-origin", nil, 401, "InvalidSignature"},
		{"of another site", token, emptyReport, "cross-site", nil, 403, "Pages of other sites must not submit"},
		{"of another host of the site", token, emptyReport, "same-site", nil, 403, "Pages of other sites must not submit"},
		{"with a fault of the form", token, emptyReport, "same-origin", own, 0, own.Error()},
		{"not valid", token, `{"version":{"major":5,"minor":3},"issues":[{"id":"x"}]}`, "same-origin", nil, 400, "id"},
		{"too large", token, emptyReport + strings.Repeat(" ", 1000), "same-origin", nil, 413, "larger than 1000 bytes"},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://kcidb.example.org/issues/new", nil)
		if test.site != "" {
			r.Header.Set("Sec-Fetch-Site", test.site)
		}
		asked := ""
		id, err := d.SubmitForm(r, test.token, func(origin string) ([]byte, error) {
			asked = origin
			return []byte(test.report), test.err
		})
		refusal, _ := errors.AsType[*Refusal](err)
		switch {
		case test.want == "" && (err != nil || asked != "ci" || !IsID(id)):
			t.Errorf("%s: %q, %v, of %q", test.name, id, err, asked)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		case test.status != 0 && (refusal == nil || refusal.Status != test.status):
			t.Errorf("%s: %#v, want %d", test.name, err, test.status)
		case (test.status == 401 || test.status == 403) && asked != "":
			t.Errorf("%s: the form was asked for the report of %q", test.name, asked)
		}
	}
	if !d.memory.TryAcquire(d.MaxMemory) {
		t.Error("memory is held")
	}
	eventually.True(t, "two messages wait", func() bool {
		stats, err := d.Queue.Stats(t.Context())
		return err == nil && stats.Messages == 2
	})
}
