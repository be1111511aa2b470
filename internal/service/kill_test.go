// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/browser"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/web/tasks/taskstest"
)

// serveVariable makes the test binary a service with the configuration file
// that the variable names.
const serveVariable = "KCIDB_TEST_SERVE"

// Variables for such a service: the keys that Google would publish, and how far its clock
// is ahead.
const (
	keysVariable  = "KCIDB_TEST_KEYS"
	aheadVariable = "KCIDB_TEST_AHEAD"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(serveVariable); file != "" {
		runTestService(file)
	}
	if told := os.Getenv(natsVariable); told != "" {
		runTestNATS(told)
	}
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

// runTestService runs a service until its standard input ends, which happens
// when the test is gone.
func runTestService(file string) {
	cfg, err := LoadConfig(file, func(string) (string, bool) { return "", false })
	if err != nil {
		panic(err)
	}
	s, err := New(cfg, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if err != nil {
		panic(err)
	}
	if keys := os.Getenv(keysVariable); keys != "" {
		s.keys = taskstest.Transport([]byte(keys))
	}
	if ahead, err := time.ParseDuration(os.Getenv(aheadVariable)); err == nil {
		s.now = func() time.Time { return time.Now().Add(ahead) }
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := s.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// process is a service in a process of its own.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// startProcess starts a service with a configuration, and waits until it
// answers at the URL.
func startProcess(t testing.TB, config, url string, log io.Writer) *process {
	t.Helper()
	p := startTestBinary(t, serveVariable+"="+write(t, config), log)
	eventually.Succeeds(t, func() error {
		resp, err := http.Get(url + "/health")
		if err == nil {
			resp.Body.Close()
		}
		return err
	})
	return p
}

// startTestBinary runs this test binary in the mode that a variable selects.
// The process ends with the test at the latest.
func startTestBinary(t testing.TB, variable string, log io.Writer) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable)
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, stdin}
	t.Cleanup(p.kill)
	return p
}

// kill ends the process as a power failure would.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// stop asks the process to end, and returns its exit status as an error.
func (p *process) stop() error {
	p.stdin.Close()
	return p.cmd.Wait()
}

// TestKill kills a service under load again and again. Afterwards every
// acknowledged submission is processed, the store has exactly the objects that
// were sent, and no submission was loaded twice.
func TestKill(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 10
	}
	const clients = 4

	dir := filepath.Join(t.TempDir(), "data")
	listen := address.Reserve(t)
	url, told := "http://"+listen, fmt.Sprintf("data: %s\nlisten: %s\n", dir, listen)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()

	var sent, answered atomic.Int64
	acknowledged := make([]map[string]int, clients) // submission ID to number of the report
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var senders sync.WaitGroup
	for i := range clients {
		acknowledged[i] = map[string]int{}
		senders.Go(func() {
			for ctx.Err() == nil {
				n := int(sent.Add(1))
				if id := trySubmit(ctx, url, newReport(n)); id != "" {
					acknowledged[i][id] = n
					answered.Add(1)
				}
				time.Sleep(3 * time.Millisecond)
			}
		})
	}

	for i := range kills {
		p := startProcess(t, told, url, log)
		if i == 0 {
			eventually.True(t, "a submission is acknowledged", func() bool { return answered.Load() > 0 })
		}
		time.Sleep(time.Duration(100+rand.IntN(300)) * time.Millisecond)
		p.kill()
	}
	cancel()
	senders.Wait()

	last := startProcess(t, told, url, log)
	all := map[string]int{}
	for _, some := range acknowledged {
		for id, n := range some {
			all[id] = n
			waitForStatus(t, url, id, "processed")
		}
	}
	waitEmpty(t, url)
	if err := last.stop(); err != nil {
		t.Errorf("the service does not stop well: %v", err)
	}
	t.Logf("%d kills, %d reports sent, %d acknowledged", kills, sent.Load(), len(all))
	if len(all) == 0 {
		t.Error("nothing was acknowledged")
	}

	db, err := sql.Open("sqlite", filepath.Join(dir, "kcidb.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for id, n := range all {
		if got := number(t, db, "SELECT count(*) FROM checkouts c JOIN builds b ON b.checkout_id = c.id WHERE c.id = ?", fmt.Sprintf("ci:c%d", n)); got != 1 {
			t.Errorf("report %d, submission %s: %d checkouts with a build, want 1", n, id, got)
		}
	}
	// A report whose sender saw no answer is loaded once as a whole, or not at
	// all.
	receipts := number(t, db, "SELECT count(DISTINCT id) FROM receipts WHERE failure = ''")
	for _, query := range []string{
		"SELECT count(*) FROM receipts", "SELECT count(*) FROM checkouts", "SELECT count(*) FROM builds",
		"SELECT sum(objects) / 2 FROM receipts",
	} {
		if got := number(t, db, query); got != receipts {
			t.Errorf("%s: %d, want %d, as many as submissions loaded", query, got, receipts)
		}
	}
}

// trySubmit sends a report and returns its ID, or "" without an answer.
func trySubmit(ctx context.Context, url, body string) string {
	req, err := http.NewRequestWithContext(ctx, "POST", url+"/submit", strings.NewReader(body))
	if err != nil {
		return ""
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	_, id, _ := strings.Cut(string(answer), `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	return id
}

// waitEmpty waits until the queue has no submissions.
func waitEmpty(t testing.TB, url string) {
	t.Helper()
	eventually.Succeeds(t, func() error {
		metrics := do(t, request(t, "GET", url+"/metrics", nil)).body
		if strings.Contains(metrics, "\nkcidb_json_files 0\n") {
			return nil
		}
		return fmt.Errorf("the queue does not run empty:\n%s", metrics)
	})
}

func number(t *testing.T, db *sql.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
