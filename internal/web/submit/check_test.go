// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/report"
)

const (
	goodBuild  = `{"id": "ci:1", "origin": "ci", "checkout_id": "ci:1"}`
	badBuild   = `{"id": "ci:2", "origin": "ci", "checkout_id": "ci:1", "status": "ok"}`
	nullBuild  = `{"id": "ci:3", "origin": "ci", "checkout_id": "ci:1", "comment": null}`
	otherBuild = `{"id": "other:4", "origin": "other", "checkout_id": "ci:1"}`
)

func buildsReport(builds ...string) string {
	return `{"version": {"major": 5, "minor": 3}, "builds": [` + strings.Join(builds, ", ") + `]}`
}

// received is what a program reads in an answer.
type received struct {
	ID       string          `json:"id"`
	Status   string          `json:"status"`
	Error    *string         `json:"error"`
	Rejected int             `json:"rejected"`
	Repaired int             `json:"repaired"`
	Repairs  []report.Repair `json:"repairs"`
	Faults   []report.Fault  `json:"faults"`
	More     int             `json:"more"`
}

func TestPartialSubmission(t *testing.T) {
	const mark = "\uFEFF"
	for _, test := range []struct {
		name, query, report         string
		whole                       bool // the loader loads whole reports only
		code                        int
		objects, rejected, repaired int
		want                        string // in the answer
	}{
		{"good", "", buildsReport(goodBuild), false, 200, 1, 0, 0, ""},
		{"good and bad", "", buildsReport(goodBuild, badBuild), false, 200, 1, 1, 0, `/builds/1/status`},
		{"good and bad, leniently", "?strict=0", buildsReport(goodBuild, badBuild), false, 200, 1, 1, 0, `/builds/1/status`},
		{"good and bad, strictly", "?strict=1", buildsReport(goodBuild, badBuild), false, 400, 0, 0, 0, `/builds/1/status`},
		{"good and bad, for a loader of whole reports", "", buildsReport(goodBuild, badBuild), true, 400, 0, 0, 0, `/builds/1/status`},
		{"bad", "", buildsReport(badBuild), false, 400, 0, 0, 0, `/builds/0/status`},
		{"repaired", "", buildsReport(nullBuild), false, 200, 1, 0, 1, `/builds/0/comment`},
		{"repaired, strictly", "?strict=1", buildsReport(nullBuild), false, 400, 0, 0, 0, `/builds/0/comment`},
		{"with a byte order mark", "", mark + emptyReport, false, 200, 0, 0, 1, `"bom"`},
		{"bad, with a byte order mark", "", mark + buildsReport(badBuild), false, 400, 0, 0, 0, `/builds/0/status`},
		{"no JSON", "", buildsReport(goodBuild, badBuild, ","), false, 400, 0, 0, 0, `"syntax"`},
		{"unknown strictness", "?strict=very", buildsReport(goodBuild), false, 400, 0, 0, 0, `strict is 1 or 0`},
		{"many", "", buildsReport(goodBuild + strings.Repeat(",{}", 150)), false, 200, 1, 150, 0, `"more":350`},
		{"too many", "", buildsReport(goodBuild + strings.Repeat(",{}", report.MaxRejected+1)), false, 400, 0, 0, 0, `at most 1000 objects with faults`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, h := newReceiver(t, 0)
			registry := prometheus.NewRegistry()
			d.Metrics, d.Partial, d.MaxBytes = NewMetrics(registry), !test.whole, 10_000
			w := ask(h, "POST", "/submit"+test.query, test.report)
			var got received
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != test.code || got.Rejected != test.rejected || got.Repaired != test.repaired || got.Error != nil || len(got.Faults) > report.MaxFaults {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("no %s in %s", test.want, w.Body)
			}
			if n := total(t, registry, "kcidb_rejected_objects_total"); n != test.rejected {
				t.Errorf("%d rejected objects are counted", n)
			}
			if n := total(t, registry, "kcidb_repairs_total"); n != test.repaired {
				t.Errorf("%d repairs are counted", n)
			}
			if test.code == 200 {
				checkQueued(t, d, got.ID, test.report, test.objects)
			}
			if !d.memory.TryAcquire(1000) || !d.checking.TryAcquire(1000) {
				t.Error("memory was not given back")
			}
		})
	}
}

// total returns the sum of a metric.
func total(t *testing.T, registry *prometheus.Registry, name string) (sum int) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			sum += int(m.GetCounter().GetValue())
		}
	}
	return sum
}

// checkQueued checks that a report is in the queue as it was sent.
func checkQueued(t *testing.T, d *Receiver, id, report string, objects int) {
	t.Helper()
	got, err := d.Queue.Pull(t.Context(), queue.Limits{Messages: 1}, time.Minute)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	if m := got[0].Message(); m.ID != id || string(m.Data) != report || m.Objects != objects {
		t.Errorf("in the queue: %q, %d objects, %s", m.ID, m.Objects, m.Data)
	}
}

// TestPartialRights: objects of other origins are rejected if the token is bound to its
// origins. A token for issues may not submit in part.
func TestPartialRights(t *testing.T) {
	d, h := newReceiver(t, 0)
	keys, begun := testKeys(t), time.Now()
	d.Auth = &auth.Checker{Primary: secret.Fixed("s"), Keys: func() *auth.Keys { return keys }}
	d.Partial = true
	for _, test := range []struct {
		role     auth.Role
		rule     auth.Rule
		report   string
		code     int
		rejected int
		kind     report.Kind
	}{
		{auth.Submit, auth.Enforce, buildsReport(goodBuild, otherBuild), 200, 1, report.KindOrigin},
		{auth.Submit, auth.Enforce, buildsReport(otherBuild), 400, 0, report.KindOrigin},
		{auth.Submit, auth.Warn, buildsReport(otherBuild), 200, 0, ""},
		{auth.Submit, auth.Off, buildsReport(otherBuild, badBuild), 200, 1, report.KindEnum},
		{auth.Issue, auth.Enforce, `{"version": {"major": 5, "minor": 3}, "issues": [{"id": "ci:1", "origin": "ci", "version": 1}, {}]}`, 400, 0, report.KindRequired},
	} {
		d.Rule = test.rule
		token, err := keys.Sign(auth.Token{Origins: []string{"ci"}, Roles: auth.Roles{test.role}, Expires: begun.Add(time.Hour)}, begun)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/submit", strings.NewReader(test.report))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var got received
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if w.Code != test.code || got.Rejected != test.rejected || len(got.Faults) > 0 != (test.kind != "") || len(got.Faults) > 0 && got.Faults[0].Kind != test.kind {
			t.Errorf("%s, %s: %d %s", test.role, test.rule, w.Code, w.Body)
		}
	}
}
