// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// dirVariable makes this test binary a program that publishes to the queue in
// the variable's directory until it is killed.
const dirVariable = "KCIDB_TEST_PUBLISH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		if err := publishForEver(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	remove, err := makeCertificate()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	remove()
	os.Exit(code)
}

// killedData returns the data of the message with the ID. Some messages are
// large, so that the process is also killed between pieces.
func killedData(id string) []byte {
	if strings.HasSuffix(id, "7") {
		return bytes.Repeat([]byte(id), 2<<20/len(id))
	}
	return []byte(id)
}

// publishForEver prints the ID of each published message.
func publishForEver(dir string) error {
	ctx := context.Background()
	q, err := Config{Dir: dir}.Open(ctx)
	if err != nil {
		return err
	}
	if err := q.Init(ctx); err != nil {
		return err
	}
	var n atomic.Int64
	failed := make(chan error)
	for range 16 {
		go func() {
			for {
				id := fmt.Sprintf("p%dn%d", os.Getpid(), n.Add(1))
				if err := q.Publish(ctx, queue.Message{ID: id, Data: killedData(id)}); err != nil {
					failed <- err
					return
				}
				// Each line is one write, so that it is printed whole or not
				// at all.
				fmt.Println(id)
			}
		}()
	}
	return <-failed
}

// TestKilled kills a publishing process again and again, and expects every
// message that it reported as published.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := testConfig(t)
	cfg.Dir = dir
	published := map[string]bool{}
	rounds := 5
	if testing.Short() {
		rounds = 2 // the race detector makes the server ten times as slow
	}
	for round := range rounds {
		for _, id := range publishAndDie(t, dir, 100+50*round) {
			published[id] = true
		}
	}
	q := open(t, cfg)
	for {
		var wait time.Duration
		if len(published) > 0 {
			wait = 30 * time.Second
		}
		got, err := q.Pull(t.Context(), queue.Limits{Messages: 100}, wait)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		for _, d := range got {
			if m := d.Message(); !bytes.Equal(m.Data, killedData(m.ID)) {
				t.Errorf("message %s has other data", m.ID)
			}
			// A message that was not reported may be in the queue or not.
			delete(published, d.Message().ID)
		}
		var acks errgroup.Group
		for _, d := range got {
			acks.Go(func() error { return d.Ack(t.Context()) })
		}
		if err := acks.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	for id := range published {
		t.Errorf("message %s was published and is lost", id)
	}
	eventually.Succeeds(t, func() error {
		stats, err := q.Stats(t.Context())
		if err == nil && stats != (queue.Stats{}) {
			err = fmt.Errorf("left behind: %+v", stats)
		}
		return err
	})
}

// publishAndDie runs a process that publishes to dir, kills it when it has
// published n messages, and returns their IDs.
func publishAndDie(t *testing.T, dir string, n int) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), dirVariable+"="+dir)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if ids = append(ids, lines.Text()); len(ids) == n {
			cfg := testConfig(t)
			cfg.Dir = dir
			_, err := cfg.Open(t.Context())
			if !errors.Is(err, queue.ErrBusy) || !strings.Contains(err.Error(), strconv.Itoa(cmd.Process.Pid)) {
				t.Errorf("opened while process %d has it open: %v", cmd.Process.Pid, err)
			}
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait()
	if len(ids) < n {
		t.Fatalf("the process published %d messages, then: %v", len(ids), cmd.ProcessState)
	}
	return ids
}

func TestBusy(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := open(t, cfg)
	if _, err := cfg.Open(t.Context()); !errors.Is(err, queue.ErrBusy) {
		t.Fatalf("opened twice: %v, want %v", err, queue.ErrBusy)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, cfg)
}

// TestReclaim: messages that a process had pulled when it ended come back at
// once.
func TestReclaim(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir, cfg.Visibility = t.TempDir(), time.Hour
	q := openNew(t, cfg)
	for attempt := 1; attempt <= 3; attempt++ {
		for _, id := range []string{"a", "b", "c"} {
			if err := q.Publish(t.Context(), queue.Message{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 3 {
			var got []queue.Delivery
			eventually.True(t, "a message comes back", func() bool {
				var err error
				if got, err = q.Pull(t.Context(), queue.Limits{Messages: 1}, 5*time.Second); err != nil {
					t.Fatal(err)
				}
				if len(got) == 1 {
					return true
				}
				// On a busy machine the server may be too late for reclaim: another process
				// reclaims the messages again.
				if err := q.Close(); err != nil {
					t.Fatal(err)
				}
				q = open(t, cfg)
				return false
			})
			if m := got[0].Message(); got[0].Attempt() != attempt || m.ID != "abc"[i:i+1] {
				t.Errorf("%s in attempt %d, want %d", m.ID, got[0].Attempt(), attempt)
			}
		}
		if got, err := q.Pull(t.Context(), queue.Limits{}, 0); err != nil || len(got) != 0 {
			t.Errorf("more to pull: %d, %v", len(got), err)
		}
		if err := q.Close(); err != nil {
			t.Fatal(err)
		}
		q = open(t, cfg)
	}
}

func TestUnusableDir(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), "embedded:"+file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file for a directory: %v", err)
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, user, password, userinfo string }{
		{"open", "", "", ""},
		{"token", "s3cret", "", "s3cret@"},
		{"password", "ci", "s3cret", "ci:s3cret@"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig(t)
			cfg.Dir, cfg.Listen = t.TempDir(), address.Reserve(t)
			cfg.User, cfg.Password = test.user, test.password
			q := openNew(t, cfg)
			other, err := Open(t.Context(), "nats://"+test.userinfo+cfg.Listen+"/KCIDB")
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			if err := other.Publish(t.Context(), queue.Message{ID: "a"}); err != nil {
				t.Fatal(err)
			}
			if pending, err := q.Pending(t.Context(), "a"); err != nil || !pending {
				t.Errorf("published through the port and pending: %v, %v", pending, err)
			}
			if test.user == "" {
				return
			}
			_, err = Open(t.Context(), "nats://wrong0@"+cfg.Listen+"/KCIDB")
			if !errors.Is(err, nats.ErrAuthorization) || strings.Contains(err.Error(), "wrong0") {
				t.Errorf("with a wrong token: %v", err)
			}
		})
	}
	t.Run("taken", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		cfg := testConfig(t)
		cfg.Dir, cfg.Listen = t.TempDir(), l.Addr().String()
		if _, err := cfg.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Errorf("listening on a port in use: %v", err)
		}
		cfg.Listen = ""
		open(t, cfg) // the first attempt left nothing behind
	})
}

// TestQuiet: the server writes nothing to the standard streams or the network,
// and no secret to the log.
func TestQuiet(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = write, write
	restore := sync.OnceFunc(func() { os.Stdout, os.Stderr = stdout, stderr; write.Close() })
	defer restore()
	var log bytes.Buffer
	cfg := Config{
		Dir: t.TempDir(), Listen: address.Reserve(t), User: "ci", Password: "s3cret",
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	q := open(t, cfg)
	if err := q.Init(t.Context()); err != nil {
		t.Error(err)
	}
	_ = q.Close()
	restore()
	printed, _ := io.ReadAll(read)
	if len(printed) > 0 {
		t.Errorf("printed: %s", printed)
	}
	if log.Len() == 0 || strings.Contains(log.String(), cfg.Password) {
		t.Errorf("logged: %s", log.String())
	}
}

// TestNoPort: an embedded queue opens a port only if Listen is set.
func TestNoPort(t *testing.T) {
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := open(t, cfg)
	if address := q.srv.Addr(); address != nil {
		t.Errorf("listens on %v", address)
	}
	if address := q.srv.MonitorAddr(); address != nil {
		t.Errorf("monitoring listens on %v", address)
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir, cfg.MaxBytes = t.TempDir(), 1<<20
	q := openNew(t, cfg)
	for i := range 20 {
		err := q.Publish(t.Context(), queue.Message{ID: fmt.Sprint(i), Data: make([]byte, 100_000)})
		if (err != nil) != (i >= 10) || err != nil && !errors.Is(err, queue.ErrFull) {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	large := queue.Message{ID: "large", Data: make([]byte, 2<<20)}
	if err := q.Publish(t.Context(), large); !errors.Is(err, queue.ErrFull) {
		t.Errorf("a large message: %v, want %v", err, queue.ErrFull)
	}
	got, err := q.Pull(t.Context(), queue.Limits{Messages: 1}, time.Minute)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if err := got[0].Ack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Publish(t.Context(), queue.Message{ID: "fits", Data: make([]byte, 100_000)}); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := openNew(t, cfg)
	q.srv.reserve = math.MaxInt64 / 2
	if err := q.Publish(t.Context(), queue.Message{ID: "a"}); !errors.Is(err, queue.ErrFull) {
		t.Errorf("on a full disk: %v, want %v", err, queue.ErrFull)
	}
	q.srv.reserve = 0
	if err := q.Publish(t.Context(), queue.Message{ID: "a"}); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}

// TestSweep: pieces that belong to no message are removed, others stay.
func TestSweep(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := openNew(t, cfg)
	data := make([]byte, 2*pieceSize)
	for _, id := range []string{"whole", "orphan"} {
		if err := q.Publish(t.Context(), queue.Message{ID: id, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.purge(t.Context(), "KCIDB", head("KCIDB", "orphan")); err != nil {
		t.Fatal(err)
	}
	pieces := func() int {
		n, err := q.count(t.Context(), "KCIDB", "KCIDB.p.>")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		age  time.Duration
		want int
	}{{time.Hour, 4}, {0, 2}} {
		if err := q.sweepStream(t.Context(), "KCIDB", step.age); err != nil {
			t.Fatal(err)
		}
		if got := pieces(); got != step.want {
			t.Errorf("%d pieces after those older than %v were swept, want %d", got, step.age, step.want)
		}
	}
}

// TestDamaged: a message without all of its pieces is given up, with the reason.
func TestDamaged(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := openNew(t, cfg)
	if err := q.Publish(t.Context(), queue.Message{ID: "a", Data: make([]byte, 2*pieceSize)}); err != nil {
		t.Fatal(err)
	}
	if err := q.purge(t.Context(), "KCIDB", piece("KCIDB", "a", 1)); err != nil {
		t.Fatal(err)
	}
	var letter queue.DeadLetter
	eventually.Succeeds(t, func() error {
		// A Pull may be too early to find the message.
		got, err := q.Pull(t.Context(), queue.Limits{}, 0)
		if err != nil || len(got) != 0 {
			t.Fatalf("pulled %v, %v", got, err)
		}
		letter, err = q.DeadLetter(t.Context(), "a")
		return err
	})
	if !strings.Contains(letter.Reason, "damaged") {
		t.Errorf("dead letter %+v", letter)
	}
	if pending, err := q.Pending(t.Context(), "a"); err != nil || pending {
		t.Errorf("still pending: %v, %v", pending, err)
	}
}

// TestDamagedDeadLetter: a dead letter whose pieces do not match its head is
// neither listed nor restored, and reading it fails with ErrDamaged.
func TestDamagedDeadLetter(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := openNew(t, cfg)
	msgs, err := encode(q.deadStream(), info{ID: "a", Size: 2 * pieceSize}, make([]byte, 2*pieceSize))
	if err != nil {
		t.Fatal(err)
	}
	msgs[1].Data = []byte("short")
	if err := q.commit(t.Context(), msgs); err != nil {
		t.Fatal(err)
	}
	if err := q.Restore(t.Context(), "a"); !errors.Is(err, queue.ErrDamaged) {
		t.Errorf("restored: %v, want %v", err, queue.ErrDamaged)
	}
	if _, err := q.DeadLetter(t.Context(), "a"); !errors.Is(err, queue.ErrDamaged) {
		t.Errorf("shown: %v, want %v", err, queue.ErrDamaged)
	}
}
