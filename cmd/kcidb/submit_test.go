// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// cancelling cancels a context at the first write.
type cancelling struct {
	bytes.Buffer
	cancel func()
}

func (c *cancelling) Write(b []byte) (int, error) {
	c.cancel()
	return c.Buffer.Write(b)
}

// TestSubmitSaysThatItTriesAgain checks that a person sees why a submission takes long,
// as soon as the first try has failed. The Python tool's name stays silent.
func TestSubmitSaysThatItTriesAgain(t *testing.T) {
	for name, says := range map[string]bool{"kcidb": true, "kcidb-submit": false} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var tries atomic.Int32
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tries.Add(1) == 2 {
					cancel()
				}
				w.WriteHeader(http.StatusServiceUnavailable)
			}))
			defer service.Close()
			t.Setenv(restEnv, service.URL)
			args := []string{name}
			if name == "kcidb" {
				args = append(args, "submit")
			}
			stderr := &cancelling{cancel: cancel}
			code := run(ctx, args, strings.NewReader(`{"version":{"major":5,"minor":3}}`), io.Discard, stderr)
			if code != exitFailed {
				t.Errorf("exit status %d", code)
			}
			const notice = "kcidb submit: the service answers 503 Service Unavailable; trying again for some two minutes\n"
			if got := strings.Contains(stderr.String(), notice); got != says {
				t.Errorf("standard error has %q", stderr.String())
			}
		})
	}
}

// TestSubmitPrintsFindings checks the lines about rejected objects and repairs of an accepted
// report. The exit status stays 0, because the report has an ID.
func TestSubmitPrintsFindings(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("strict") != "" {
			io.WriteString(w, `{"id":"strict","status":"ok","message":""}`)
			return
		}
		io.WriteString(w, `{"id":"abc","status":"ok","message":"","rejected":1,"repaired":2,
			"faults":[{"kind":"enum","list":"builds","index":1,"id":"ci:2","pointer":"/builds/1/status","expected":"PASS","found":"\"ok\""}],
			"repairs":[{"kind":"null","list":"builds","id":"ci:1","pointer":"/builds/0/comment","text":"left out the property, whose value was null"}]}`)
	}))
	defer service.Close()
	t.Setenv(restEnv, service.URL)
	const good = `{"version":{"major":5,"minor":3}}`
	for _, test := range []struct{ args, report, stdout, stderr string }{
		{"", good, "abc\n", `report 1: repaired: builds[0] "ci:1" at /builds/0/comment: left out the property, whose value was null
report 1: repaired: and 1 more
report 1: rejected: builds[1] "ci:2" at /builds/1/status: expected PASS, found "ok"
`},
		{"--strict", good, "strict\n", ""},
		{"--strict", `{"version":{"major":5,"minor":3},"builds":null}`, "", "report 1: invalid report: at /builds: expected an array, found null (leave out unknown values)\n"},
	} {
		args := append([]string{"kcidb", "submit"}, strings.Fields(test.args)...)
		var stdout, stderr strings.Builder
		code := run(t.Context(), args, strings.NewReader(test.report), &stdout, &stderr)
		if stdout.String() != test.stdout || stderr.String() != test.stderr || (code == exitDone) != (test.stdout != "") {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q", test.args, code, stdout.String(), stderr.String())
		}
	}
}
