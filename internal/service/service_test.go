// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// running is a running service, for tests.
type running struct {
	url  string
	data string       // its directory
	stop func() error // idempotent
	log  *bytes.Buffer
}

// start runs a service on a free port until the test ends.
func start(t testing.TB, change func(*Config)) *running {
	t.Helper()
	return startWith(t, change, func(*Service) {})
}

// startWith is like start, and changes the service itself.
func startWith(t testing.TB, change func(*Config), more func(*Service)) *running {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Data = t.TempDir()
	cfg.Listen = "127.0.0.1:0"
	if change != nil {
		change(&cfg)
	}
	if err := os.Chmod(cfg.Data, 0o700); cfg.Data != "" && err != nil {
		t.Fatal(err)
	}
	r := &running{data: cfg.Data, log: &bytes.Buffer{}}
	s, err := New(cfg, slog.New(slog.NewJSONHandler(r.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	more(s)
	ready := make(chan net.Addr, 1)
	s.Ready = func(a net.Addr) { ready <- a }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	var result error
	stopped := false
	r.stop = func() error {
		if !stopped {
			stopped = true
			cancel()
			result = <-ended
		}
		return result
	}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("service: %v", err)
		}
		if t.Failed() {
			t.Logf("the service's log:\n%s", r.log)
		}
	})
	select {
	case a := <-ready:
		r.url = "http://" + a.String()
	case err := <-ended:
		cancel()
		stopped = true
		t.Fatalf("service: %v\n%s", err, r.log)
	}
	return r
}

// reply is an answer of the service.
type reply struct {
	code   int
	header http.Header
	body   string

	ID, Status, Message string
	Faults              []struct{ Pointer string }
	Origin, Reason      string
	Objects             int
}

// do sends a request and reads the reply.
func do(t testing.TB, req *http.Request) reply {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{code: resp.StatusCode, header: resp.Header, body: string(body)}
	if resp.Header.Get("Content-Type") == "application/json" && len(body) > 0 {
		if err := json.Unmarshal(body, &r); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
	}
	return r
}

func request(t testing.TB, method, url string, body io.Reader, headers ...string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// newReport returns a report with a checkout, its ID ending in n, and a build.
func newReport(n int) string {
	return fmt.Sprintf(`{"version": {"major": 5, "minor": 3},
		"checkouts": [{"id": "ci:c%[1]d", "origin": "ci", "tree_name": "mainline", "git_commit_name": "v6.%[1]d"}],
		"builds": [{"id": "ci:b%[1]d", "origin": "ci", "checkout_id": "ci:c%[1]d", "status": "PASS"}]}`, n)
}

// waitForStatus polls the status of a submission until it is the wanted one.
func waitForStatus(t testing.TB, url, id, status string) (r reply) {
	t.Helper()
	eventually.Succeeds(t, func() error {
		if r = do(t, request(t, "GET", url+"/status?id="+id, nil)); r.Status == status {
			return nil
		}
		return fmt.Errorf("submission %s does not become %s: %s", id, status, r.body)
	})
	return r
}

// waitJudged waits until no revision waits to be judged.
func waitJudged(t testing.TB, url string) {
	t.Helper()
	eventually.True(t, "all revisions are judged", func() bool {
		metrics := do(t, request(t, "GET", url+"/metrics", nil)).body
		return strings.Contains(metrics, `kcidb_judge_waiting{of="checkouts"} 0`) && strings.Contains(metrics, `kcidb_judge_waiting{of="revisions"} 0`)
	})
}

func TestReportIsProcessed(t *testing.T) {
	s := start(t, nil)
	body := newReport(1)
	r := do(t, request(t, "POST", s.url+"/submit", bytes.NewReader([]byte(body))))
	if r.code != http.StatusOK || len(r.ID) != 32 || r.Status != "ok" ||
		r.Message != fmt.Sprintf("Received submission %s with size %d bytes", r.ID, len(body)) {
		t.Fatalf("%d: %s", r.code, r.body)
	}
	status := waitForStatus(t, s.url, r.ID, "processed")
	if status.code != http.StatusOK || status.Message != "File archived" || status.Objects != 2 || status.Origin != "none" {
		t.Errorf("%d: %s", status.code, status.body)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
