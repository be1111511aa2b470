// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
)

const (
	senderCount = 16
	drainTime   = 30 * time.Minute // for the submissions that wait
)

// Soak is the scenario of a long time of steady work, during which processes are killed and
// PostgreSQL is restarted. Four services work together: one receives, two load, one notifies;
// a NATS server keeps their queue.
type Soak struct {
	Binary     string   // kcidb
	NATS       []string // command that runs a NATS server: see RunNATS
	Dir        string   // an empty folder for all files
	Duration   time.Duration
	Kill       time.Duration // a random process is killed as often
	Restart    time.Duration // PostgreSQL is restarted as often, in turns in order and by a crash
	Calibrate  int           // submissions that are loaded at the beginning to measure the rate
	Out        io.Writer
	processes  []*process
	database   *database
	senders    *senders
	samples    []sampled
	kills      map[string]int
	restarts   int
	unexpected []error // processes that ended by themselves
}

// sampled is what a process used at an age.
type sampled struct {
	name    string
	age, at time.Duration // since the start of the process; since that of the soak
	usage
}

// Run runs the scenario and prints its tables. It fails if an acknowledged submission was not
// loaded once, or if a process uses more goroutines or files at rest than before.
func (s *Soak) Run(ctx context.Context) error {
	defer s.close()
	if err := s.startAll(ctx); err != nil {
		return err
	}
	rate, err := s.calibrate(ctx)
	if err != nil {
		return err
	}
	before, err := s.rest(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "%d submissions loaded at %.0f per second; now half as many per second for %v\n", s.Calibrate, rate, s.Duration)
	if err := s.endure(ctx, rate/2); err != nil {
		return err
	}
	after, err := s.rest(ctx)
	if err != nil {
		return err
	}
	s.printCounts()
	s.printGrowth()
	err = s.printRest(before, after)
	return errors.Join(append(s.unexpected, err, s.check(ctx))...)
}

// startAll starts the servers and the services.
func (s *Soak) startAll(ctx context.Context) (err error) {
	s.kills = map[string]int{}
	if s.database, err = openDatabase(ctx, s.Dir, true); err != nil {
		return err
	}
	nats, err := newNATS(s.NATS, s.Dir)
	if err != nil {
		return err
	}
	s.processes = append(s.processes, nats)
	for _, name := range []string{"web", "load1", "load2", "notify"} {
		role := strings.TrimRight(name, "12")
		p, err := newService(s.Binary, name, s.Dir, "data="+filepath.Join(s.Dir, name), "roles="+role, "database="+s.database.spec, "queue=nats://"+nats.address+"/SOAK")
		if err != nil {
			return err
		}
		s.processes = append(s.processes, p)
	}
	for _, p := range s.processes {
		if err := p.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Soak) close() {
	for _, p := range s.processes {
		p.close()
	}
	if s.database != nil {
		s.database.close()
	}
}

// web returns the service that receives.
func (s *Soak) web() *process { return s.processes[1] }

// services returns the processes of kcidb.
func (s *Soak) services() []*process { return s.processes[1:] }

// calibrate returns how many submissions per second are received and loaded at most.
func (s *Soak) calibrate(ctx context.Context) (float64, error) {
	var stop func()
	s.senders, stop = newSenders(s.web().url())
	context.AfterFunc(ctx, stop)
	begin := time.Now()
	s.senders.run(ctx, senderCount, someTurns(ctx, s.Calibrate))
	if err := s.drained(ctx); err != nil {
		return 0, err
	}
	return float64(s.Calibrate) / time.Since(begin).Seconds(), nil
}

// drained waits until the queue is empty.
func (s *Soak) drained(ctx context.Context) error {
	return until(ctx, drainTime, "the queue is empty", func() error {
		m, err := s.web().metrics(ctx)
		if n := m["kcidb_json_files"]; err == nil && n > 0 {
			err = fmt.Errorf("%.0f submissions wait", n)
		}
		return err
	})
}

// endure lets the senders work at a rate, and processes end meanwhile: for three quarters of
// the time. For the rest no process ends, so that processes grow old.
func (s *Soak) endure(ctx context.Context, rate float64) error {
	sending, end := context.WithTimeout(ctx, s.Duration)
	defer end()
	var working sync.WaitGroup
	working.Go(func() { s.senders.run(ctx, senderCount, turns(sending, rate)) })
	defer working.Wait()

	begin := time.Now()
	look := time.NewTicker(5 * time.Second)
	defer look.Stop()
	kill := time.NewTicker(s.Kill)
	defer kill.Stop()
	restart := time.NewTicker(s.Restart)
	defer restart.Stop()
	restarted := make(chan error, 1)
	restarting := false
	for {
		harmful := time.Since(begin) < s.Duration*3/4
		select {
		case <-sending.Done():
			if restarting {
				return errors.Join(ctx.Err(), <-restarted)
			}
			return ctx.Err()
		case <-look.C:
			s.sample(ctx, time.Since(begin))
		case <-kill.C:
			if harmful {
				s.killOne(ctx)
			}
		case <-restart.C:
			if harmful && !restarting {
				s.restarts++
				restarting = true
				crash := s.restarts%2 == 0
				go func() { restarted <- s.database.server.Restart(crash) }()
			}
		case err := <-restarted:
			restarting = false
			if err != nil {
				return err
			}
		}
	}
}

// killOne kills a random process and starts it again.
func (s *Soak) killOne(ctx context.Context) {
	p := s.processes[rand.IntN(len(s.processes))]
	p.kill()
	s.kills[p.name]++
	s.revive(ctx, p)
}

// revive starts a process until it runs: a service does not start without its database.
func (s *Soak) revive(ctx context.Context, p *process) {
	err := until(ctx, startTime, "restart "+p.name, func() error { return p.start(ctx) })
	if err != nil {
		s.unexpected = append(s.unexpected, err)
	}
}

// sample notes what the services use, and starts services that ended by themselves.
func (s *Soak) sample(ctx context.Context, at time.Duration) {
	for _, p := range s.processes {
		if !p.running() {
			s.unexpected = append(s.unexpected, fmt.Errorf("%s ended by itself after %v: see its log", p.name, time.Since(p.began).Round(time.Second)))
			s.revive(ctx, p)
			continue
		}
		if u, err := p.usage(); err == nil {
			s.samples = append(s.samples, sampled{p.name, time.Since(p.began), at, u})
		}
	}
}

// resting is what a service uses while nothing happens.
type resting struct {
	usage
	goroutines int
}

// rest waits until the queue is empty and connections have calmed down, and returns what the
// services use then.
func (s *Soak) rest(ctx context.Context) (all []resting, err error) {
	if err := s.drained(ctx); err != nil {
		return nil, err
	}
	s.senders.client.CloseIdleConnections()
	select {
	case <-time.After(min(10*time.Second, s.Duration/8)):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for _, p := range s.services() {
		m, err := p.metrics(ctx)
		if err != nil {
			return nil, err
		}
		u, err := p.usage()
		if err != nil {
			return nil, err
		}
		all = append(all, resting{u, int(m["go_goroutines"])})
	}
	return all, nil
}

// check fails unless each acknowledged submission was loaded once, with all its objects, and
// no object was loaded that was not sent.
func (s *Soak) check(ctx context.Context) error {
	loaded, ok := store.As[store.LoadedFinder](s.database.store)
	if !ok {
		return errors.New("the database does not find receipts")
	}
	found := 0
	for ids := range slices.Chunk(s.senders.ids, 1000) {
		some, err := loaded.Loaded(ctx, ids)
		if err != nil {
			return err
		}
		found += len(some)
	}
	var faults []error
	if found != len(s.senders.ids) {
		faults = append(faults, fmt.Errorf("%d of %d acknowledged submissions are loaded", found, len(s.senders.ids)))
	}
	receipts, err := s.database.number(ctx, "SELECT count(*) FROM receipts")
	if err == nil && receipts > s.senders.sent {
		err = fmt.Errorf("%d receipts, and only %d submissions were sent", receipts, s.senders.sent)
	}
	faults = append(faults, err, s.database.complete(ctx, s.senders.acknowledged, s.senders.all), s.database.verify(ctx))
	if err := errors.Join(faults...); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "all %d acknowledged submissions are loaded once, with right roll-ups\n", found)
	return nil
}
