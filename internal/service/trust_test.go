// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// tokenOf returns the header of requests with a token of an origin, signed by the secret "s".
func tokenOf(t *testing.T, origin string) []string {
	t.Helper()
	token, err := auth.Sign(secret.Text("s"), origin, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + token}
}

// TestTrust follows submissions of two origins from the door to their receipts: objects of the
// other origin are rejected and wait in the tray, the others are loaded; a submission that is
// handed in again changes nothing; a correction settles the tray.
func TestTrust(t *testing.T) {
	s := start(t, func(c *Config) { c.JWTSecret = "s" })
	ci, other := tokenOf(t, "ci"), tokenOf(t, "other")
	// submit hands a report in, of which a number of objects are rejected, and returns its receipt.
	submit := func(body string, header []string, rejected int) reply {
		t.Helper()
		r := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(body), header...))
		if r.code != 200 {
			t.Fatalf("%d: %s", r.code, r.body)
		}
		status := r
		eventually.True(t, "the submission is loaded", func() bool {
			status = do(t, request(t, "GET", s.url+"/status?id="+r.ID, nil, header...))
			return status.Status == "processed"
		})
		for _, answer := range []reply{r, status} {
			if has := strings.Contains(answer.body, fmt.Sprintf(`"rejected":%d`, rejected)); has != (rejected > 0) {
				t.Errorf("%d objects are rejected, but the answer is %s", rejected, answer.body)
			}
		}
		return do(t, request(t, "GET", s.url+"/api/submissions/"+r.ID, nil, header...))
	}
	statusOf := func(test string) string {
		t.Helper()
		return do(t, request(t, "GET", s.url+"/api/report?test="+test, nil)).body
	}

	const mine = `{"version": {"major": 5, "minor": 3}, "tests": [{"id": "ci:t", "origin": "ci", "build_id": "ci:b", "path": "boot", "status": "FAIL"}]}`
	submit(mine, ci, 0)
	r := submit(`{"version": {"major": 5, "minor": 3}, "tests": [
		{"id": "ci:t", "origin": "ci", "build_id": "ci:b", "path": "boot", "status": "PASS"},
		{"id": "other:t", "origin": "other", "build_id": "ci:b", "path": "boot", "status": "PASS"},
		{"id": "ci:x", "origin": "other", "build_id": "ci:b", "path": "boot", "status": "PASS"}]}`, other, 2)
	if got := statusOf("ci:t"); !strings.Contains(got, `"FAIL"`) {
		t.Errorf("another origin changed the test: %s", got)
	}
	if got := statusOf("other:t"); !strings.Contains(got, `"PASS"`) {
		t.Errorf("the test of its own is not loaded: %s", got)
	}
	if !strings.Contains(r.body, `"rejected":2`) || !strings.Contains(r.body, `"other:t"`) {
		t.Errorf("receipt: %s", r.body)
	}

	r = submit(mine, ci, 0)
	if !strings.Contains(r.body, `"unchanged"`) || strings.Contains(r.body, `"new"`) {
		t.Errorf("receipt of the repeated submission: %s", r.body)
	}

	tray := func() string {
		t.Helper()
		answer, err := http.DefaultClient.Do(request(t, "GET", s.url+"/api/tray", nil, ci...))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	submit(`{"version": {"major": 5, "minor": 3}, "tests": [
		{"id": "ci:u", "origin": "ci", "build_id": "ci:b", "status": "GOOD"}, {"id": "ci:v", "origin": "ci", "build_id": "ci:b"}]}`, ci, 1)
	if got := tray(); !strings.Contains(got, `"ci:u"`) {
		t.Errorf("the tray has not the object with a fault: %s", got)
	}
	submit(`{"version": {"major": 5, "minor": 3}, "tests": [{"id": "ci:u", "origin": "ci", "build_id": "ci:b", "status": "PASS"}]}`, ci, 0)
	if got := tray(); strings.Contains(got, `"ci:u"`) {
		t.Errorf("the tray still has the corrected object: %s", got)
	}
}

// TestLogHasNoForeignLines: texts of requests and reports write no lines of the log.
func TestLogHasNoForeignLines(t *testing.T) {
	const forged = "\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\ntime=2026-01-01 level=ERROR msg=forged\n"
	for _, format := range []string{"json", "text"} {
		t.Run(format, func(t *testing.T) {
			var log bytes.Buffer
			s := startWith(t, nil, func(s *Service) {
				s.cfg.LogFormat = format
				var err error
				if s.log, err = s.cfg.Logger(&log); err != nil {
					t.Fatal(err)
				}
			})
			id, _ := json.Marshal("ci:" + forged)
			do(t, request(t, "POST", s.url+"/submit?strict=1", strings.NewReader(
				fmt.Sprintf(`{"version": {"major": 5, "minor": 3}, "checkouts": [{"id": %s, "origin": %[1]s}]}`, id))))
			do(t, request(t, "POST", s.url+"/submit", strings.NewReader(
				fmt.Sprintf(`{"version": {"major": 5, "minor": 3}, "checkouts": [{"id": %s, "origin": "ci"}]}`, id))))
			do(t, request(t, "GET", s.url+"/status?id=a%0Atime=2026%20level=ERROR%20msg=forged", nil))
			do(t, request(t, "GET", s.url+"/test/a%0A%7B%22level%22:%22ERROR%22%7D", nil))
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			refused := false
			for line := range strings.Lines(log.String()) {
				refused = refused || strings.Contains(line, "submission refused")
				isJSON := json.Valid([]byte(line)) && strings.HasPrefix(line, `{"time":`)
				if format == "json" && !isJSON || format == "text" && !strings.HasPrefix(line, "time=") || strings.Contains(line, "msg=forged\n") {
					t.Errorf("the log has the line %q", line)
				}
			}
			if !refused {
				t.Errorf("the log does not name the refused submission:\n%s", &log)
			}
		})
	}
}
