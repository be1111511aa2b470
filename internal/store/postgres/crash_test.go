// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// expectSamples fails the test unless the database has each sample completely or not at
// all, and all acknowledged samples, each with its receipt.
func expectSamples(t *testing.T, s *Store, acknowledged func(i int) bool) {
	t.Helper()
	storetest.VerifyRollups(t, s)
	r := dumpAll(t, s)
	tests := map[string]int{}
	for _, test := range r.Tests {
		tests[test.BuildID]++
	}
	if len(tests) != len(r.Builds) {
		t.Errorf("tests of %d builds, and %d builds", len(tests), len(r.Builds))
	}
	for id, n := range tests {
		if n != samples {
			t.Errorf("%s has %d tests", id, n)
		}
	}
	there := map[string]bool{}
	for _, b := range r.Builds {
		there[b.ID] = true
	}
	for i := range 100_000 {
		id := fmt.Sprintf("a:%d", i)
		if acknowledged(i) && !there[id] {
			t.Errorf("%s was loaded, and is not there", id)
		}
		if there[id] {
			if _, err := s.Receipt(t.Context(), fmt.Sprint(i)); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
}

// loaders load numbered samples with receipts from several sides, as the loader
// of the service does: it loads a sample again if the database was not available.
type loaders struct {
	next, again  atomic.Int64
	acknowledged sync.Map
	stop         chan struct{}
	running      sync.WaitGroup
}

func startLoaders(t *testing.T, s *Store, sides int) *loaders {
	l := &loaders{stop: make(chan struct{})}
	for range sides {
		l.running.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				if err := l.load(t.Context(), s, int(l.next.Add(1))-1); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return l
}

func (l *loaders) load(ctx context.Context, s *Store, i int) error {
	for {
		_, err := s.Load(ctx, sample(i), receipted(i))
		switch {
		case err == nil, errors.Is(err, store.ErrLoaded):
			l.acknowledged.Store(i, true)
			return nil
		case !errors.Is(err, store.ErrUnavailable):
			return err
		}
		l.again.Add(1)
	}
}

func (l *loaders) has(i int) bool {
	_, has := l.acknowledged.Load(i)
	return has
}

// TestRestart stops a server, in order and by a crash, and runs it again, during
// loads. Acknowledged reports are there completely, and loading goes on by itself.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s, _ := initialized(t, server)
	s.retryFor = 2 * time.Minute // a busy machine may take long to run the server again
	rounds := 4
	if testing.Short() {
		rounds = 2
	}
	l := startLoaders(t, s, 4)
	for round := range rounds {
		from := l.next.Load()
		eventually.True(t, "loads between two stops", func() bool { return l.next.Load() > from+int64(10+7*round) })
		server.Stop(t, round%2 == 1)
		server.Run(t)
	}
	from := l.next.Load()
	eventually.True(t, "loads after the last", func() bool { return l.next.Load() > from+10 })
	close(l.stop)
	l.running.Wait()
	// The driver had the patience.
	if n := l.again.Load(); n != 0 {
		t.Errorf("%d loads had to be called again", n)
	}
	expectSamples(t, s, l.has)
}

// TestAway has a server away for longer than loads are tried again. Who calls
// again loads when it is back.
func TestAway(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s, _ := initialized(t, server)
	giveUpEarly(s, time.Minute, 50*time.Millisecond)
	l := startLoaders(t, s, 2)
	eventually.True(t, "loads", func() bool { return l.next.Load() > 10 })
	server.Stop(t, true)
	eventually.True(t, "loads that are called again", func() bool { return l.again.Load() > 4 })
	_, err := s.Load(t.Context(), sample(5000), store.LoadOptions{})
	expectError(t, s, err, store.ErrUnavailable, "see whether it runs there")
	server.Run(t)
	from := l.next.Load()
	eventually.True(t, "loads when it is back", func() bool { return l.next.Load() > from+10 })
	close(l.stop)
	l.running.Wait()
	expectSamples(t, s, l.has)
}

// TestTerminate ends the connections of loads at any moment.
func TestTerminate(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	victims := open(t, spec+" application_name=victim")
	loads := 90
	if testing.Short() {
		loads = 24
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var terminating sync.WaitGroup
	var loaded, terminated atomic.Int64
	terminating.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		// One load of three at most is hit, at some moment of the ten milliseconds or so that it takes.
		wait, next := 0, int64(0)
		for ; ctx.Err() == nil; <-tick.C {
			if wait--; wait > 0 || loaded.Load() < next {
				continue
			}
			var n int
			err := s.pool.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE application_name = 'victim' AND state != 'idle'`).Scan(&n)
			if err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
			if terminated.Add(int64(n)); n > 0 {
				wait, next = rand.IntN(15), loaded.Load()+3
			}
		}
	})
	created := map[string]int{}
	// On a busy machine the connections of few loads are ended: then there are more loads.
	least, most := int64(loads/10), 20*loads
	for i := 0; i < loads || terminated.Load() < least && i < most; i++ {
		changes, err := victims.Load(t.Context(), sample(i), receipted(i))
		if err != nil {
			t.Fatalf("load %d: %v", i, err)
		}
		loaded.Add(1)
		for _, c := range changes.Objects {
			created[c.Key.ID]++
		}
	}
	cancel()
	terminating.Wait()
	loads = int(loaded.Load())
	t.Logf("%d connections were ended in %d loads", terminated.Load(), loads)
	if terminated.Load() < least {
		t.Errorf("only %d connections were ended in %d loads", terminated.Load(), loads)
	}
	if want := loads * (1 + samples); len(created) != want {
		t.Errorf("%d objects were created, want %d", len(created), want)
	}
	for id, n := range created {
		if n != 1 {
			t.Errorf("%s was created %d times", id, n)
		}
	}
	expectSamples(t, s, func(i int) bool { return i < loads })
	if n := len(dumpAll(t, s).Builds); n != loads {
		t.Errorf("%d builds, want %d", n, loads)
	}
}

// mute is a server in front of another, which loses the answers to some commits,
// and then the connection.
type mute struct {
	dir     string
	commits atomic.Int64
	loses   func(commit int64) bool
	drops   bool // loses the commit itself
}

func startMute(t *testing.T, server *pgtest.Server) *mute {
	t.Helper()
	dir, err := os.MkdirTemp("", "mute") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &mute{dir: dir}
	socket := fmt.Sprintf(".s.PGSQL.%d", pgtest.Port)
	l, err := net.Listen("unix", filepath.Join(m.dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer client.Close()
				backend, err := net.Dial("unix", filepath.Join(server.Dir, socket))
				if err != nil {
					return
				}
				defer backend.Close()
				m.relay(client, backend)
			})
		}
	})
	return m
}

// relay carries what client and server say to each other until one of them ends.
func (m *mute) relay(client, backend net.Conn) {
	var lost atomic.Bool
	var answering sync.WaitGroup
	answering.Go(func() {
		defer client.Close()
		b := make([]byte, 1<<16)
		for {
			n, err := backend.Read(b)
			if err != nil || lost.Load() {
				return // the answer was had, so that the commit is done
			}
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	})
	b := make([]byte, 1<<16)
	for {
		n, err := client.Read(b)
		if err != nil {
			break
		}
		if bytes.Contains(b[:n], []byte("Q\x00\x00\x00\x0bcommit\x00")) && m.loses(m.commits.Add(1)) {
			lost.Store(true)
			if m.drops {
				break
			}
		}
		if _, err := io.Copy(backend, bytes.NewReader(b[:n])); err != nil {
			break
		}
	}
	backend.Close()
	answering.Wait()
}

// TestLostAnswer loses the answer to a commit, or the commit itself. Each load
// is done once, and returns what it changed.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		drops, receipts bool
		report          int // the same again, which creates nothing
	}{
		"answer":                         {false, true, 1},
		"answer without receipt":         {false, false, 1},
		"answer to the same":             {false, true, 0},
		"answer to the same, no receipt": {false, false, 0},
		"commit":                         {true, true, 1},
		"commit without receipt":         {true, false, 1},
		"commit of the same":             {true, true, 0},
		"commit of the same, no receipt": {true, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Shared(t)
			s, _ := initialized(t, server)
			if _, err := s.Load(t.Context(), sample(0), store.LoadOptions{}); err != nil {
				t.Fatal(err)
			}
			m := startMute(t, server)
			m.loses, m.drops = func(commit int64) bool { return commit == 1 }, c.drops
			muted := open(t, "host="+m.dir+" dbname="+s.pool.Config().ConnConfig.Database+" user="+pgtest.Superuser)
			opts := store.LoadOptions{}
			if c.receipts {
				opts = receipted(c.report)
			}
			changes, err := muted.Load(t.Context(), sample(c.report), opts)
			if err != nil {
				t.Fatal(err)
			}
			if want := c.report * (1 + samples); len(changes.Objects) != want {
				t.Errorf("%d objects changed, want %d", len(changes.Objects), want)
			}
			for _, change := range changes.Objects {
				if !change.Created {
					t.Errorf("%v was there before", change.Key)
				}
			}
			commits := int64(1)
			if c.drops || c.report == 0 && !c.receipts {
				commits = 2 // the database has no trace, and a second commit does no harm
			}
			if n := m.commits.Load(); n != commits {
				t.Errorf("%d commits, want %d", n, commits)
			}
			if got, want := len(dumpAll(t, s).Builds), 1+c.report; got != want {
				t.Errorf("%d builds, want %d", got, want)
			}
			_, err = s.Receipt(t.Context(), receipt(c.report).ID)
			if has := err == nil; has != c.receipts {
				t.Errorf("the receipt: %v", err)
			}
		})
	}
}

// TestNumberAgain loses the answer to a commit in a crash after which
// another transaction gets the number: a load of other objects must not be mistaken for
// the lost one.
func TestNumberAgain(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	other := newLoader(sample(1), receipted(1), time.Now(), time.Now())
	id := writeAndCommit(t, s, other)
	for name, opts := range map[string]store.LoadOptions{"receipt": receipted(2), "none": {}} {
		l := newLoader(sample(2), opts, time.Now(), time.Now())
		l.changes = &store.Changes{Objects: []store.Change{{List: store.Builds, Key: store.Key{ID: "a:2"}, Created: true}}}
		if err := l.outcome(t.Context(), s, id, io.ErrUnexpectedEOF); err == nil {
			t.Errorf("%s: another load was taken for it", name)
		}
	}
	for name, opts := range map[string]store.LoadOptions{"receipt": receipted(1), "none": {}} {
		l := newLoader(sample(1), opts, time.Now(), time.Now())
		l.changes = other.changes
		if err := l.outcome(t.Context(), s, id, io.ErrUnexpectedEOF); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// writeAndCommit loads, and returns the number of the transaction.
func writeAndCommit(t *testing.T, s *Store, l *loader) (id string) {
	t.Helper()
	err := s.pool.AcquireFunc(t.Context(), func(conn *pgxpool.Conn) error {
		if err := makeStages(t.Context(), conn.Conn()); err != nil {
			return err
		}
		tx, err := conn.Begin(t.Context())
		if err != nil {
			return err
		}
		if id, err = l.write(t.Context(), s, tx); err != nil {
			return err
		}
		return tx.Commit(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
