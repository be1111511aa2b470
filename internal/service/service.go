// SPDX-License-Identifier: Apache-2.0

// Package service assembles the queue, the store, the loader and the web into
// one running service. "kcidb serve" and the tests run it.
//
// A process has all roles or some of them: several processes then share a
// queue and a database that all of them reach.
//
// A report is in the queue, on disk, before its sender gets an answer; the
// loader moves it into the store. If the service is stopped or dies, the next
// start on the same data continues at the same point.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/fetch"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/loaded"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
	"github.com/kcidb-go/kcidb/internal/web/submit"
	"github.com/kcidb-go/kcidb/internal/web/tasks"
)

const (
	// memoryWait is how long a submission waits for memory to become free.
	memoryWait = 20 * time.Second
	// batchPace is the minimum time between the loader's batches.
	batchPace = 50 * time.Millisecond
	// visibility is how long a pulled submission stays hidden before the queue
	// hands it out again. Submissions that were being loaded when the service
	// died wait that long.
	visibility = 20 * time.Second
	// storePatience is how long the loader waits for a database in trouble before it
	// looks for a submission that may be the cause.
	storePatience = 15 * time.Second
	// answerWithin is how long open requests may take when the service stops.
	answerWithin = 5 * time.Second
)

// Service is a KCIDB service. It runs once.
type Service struct {
	// Ready, if not nil, is called with the listening address when the service
	// answers.
	Ready func(net.Addr)

	cfg     Config
	roles   roles
	secrets *sources
	auth    *auth.Checker
	// revocations is nil if tokens cannot be revoked.
	revocations *registry.Revocations
	trees       *treenames.Names
	log         *slog.Logger
	now         func() time.Time
	keys        http.RoundTripper     // fetches Google's public keys
	names       []string              // by which requests may call a service without tokens
	copiesFrom  func(netip.Addr) bool // whether logs at an address may be copied

	isSandbox bool               // its tokens are those of the service around it
	inner     *Service           // that of the sandbox, nil for none
	sandbox   *sandbox           // inner when it answers
	answering func(*front.Front) // gets the front of the main address; may be nil
}

// New returns a service with the configuration, and starts nothing. It reads the secrets,
// which may take a while if they are kept elsewhere.
func New(cfg Config, log *slog.Logger) (*Service, error) {
	s, err := newService(context.Background(), cfg, log)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return s, nil
}

// newService returns a service, with its sandbox, if the configuration is valid and all files
// and secrets that it refers to can be read.
func newService(ctx context.Context, cfg Config, log *slog.Logger) (_ *Service, err error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, log: log, now: time.Now, keys: http.DefaultTransport, names: cfg.hosts(), copiesFrom: fetch.IsPublic}
	if s.roles, err = cfg.roles(); err != nil {
		return nil, err
	}
	if s.trees, err = cfg.trees(); err != nil {
		return nil, err
	}
	if s.secrets, err = cfg.openSecrets(ctx, log); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.secrets.keeper.Close())
		}
	}()
	if s.auth, err = cfg.checker(s.secrets, log); err != nil {
		return nil, err
	}
	if err := cfg.checkReading(s.auth); err != nil {
		return nil, err
	}
	if cfg.SandboxListen != "" {
		if s.inner, err = newService(ctx, cfg.sandboxConfig(), log.With("in", "sandbox")); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		s.inner.names = append(s.inner.names, s.names...) // requests for /sandbox/submit have them
	}
	return s, nil
}

// close closes the connections to where the secrets are kept.
func (s *Service) close() error {
	err := s.secrets.keeper.Close()
	if s.inner != nil {
		err = errors.Join(err, s.inner.close())
	}
	return err
}

// Run serves until ctx ends. Then it accepts no more requests, finishes the
// batch being loaded, and returns nil, within some 20 seconds.
func (s *Service) Run(ctx context.Context) (err error) {
	defer s.close()
	p := newParts()
	if p.listeners, err = s.openListeners(p); err != nil {
		return err
	}
	defer p.listeners.close()
	tracer, closeTraces, err := s.openTraces(ctx)
	if err != nil {
		return err
	}
	defer closeTraces()
	p.http.Tracer = tracer
	if err := s.makeData(); err != nil {
		return err
	}
	// The queue is opened first, because its lock keeps a second service off
	// the data.
	if s.roles.needQueue() {
		if p.queue, err = s.openQueue(ctx); err != nil {
			return err
		}
		defer p.queue.Close()
	}
	if p.store, err = s.openStore(ctx); err != nil {
		return err
	}
	defer p.store.Close()
	if p.public, err = s.openPublic(ctx, p.store); err != nil {
		return err
	}
	if p.public != nil {
		defer p.public.Store.Close()
	}
	if p.artifacts, err = s.openArtifacts(ctx); err != nil {
		return err
	}
	if p.artifacts != nil {
		defer p.artifacts.Close()
	}
	if p.spool, err = s.openSpool(ctx, p.store); err != nil {
		return err
	}
	if p.spool != nil {
		defer p.spool.Close()
	}
	if s.cfg.needLoaded(s.roles) {
		if p.loaded, err = s.openLoaded(ctx); err != nil {
			return fmt.Errorf("loaded: %w", err)
		}
		defer p.loaded.Close()
	}
	p.reading = p.store
	if s.cfg.ReadDatabase != "" {
		replica, err := s.openReplica(ctx)
		if err != nil {
			return err
		}
		defer replica.Close()
		p.reading = &reader{Store: replica, primary: p.store, log: s.log}
	}
	return s.serve(ctx, p)
}

// parts are the parts that the process opened.
type parts struct {
	listeners *listeners
	queue     queue.Queue // nil for a role that does not need it
	store     store.Store
	public    *ingest.Public  // nil without private origins
	artifacts *artifact.Store // may be nil
	spool     spool.Spool     // may be nil
	loaded    queue.Queue     // takes the news of loads to the notifier; nil if the database does
	reading   store.Store     // answers pages and queries: the store, or a replica of it
	registry  *prometheus.Registry
	http      *front.Metrics
}

// newParts returns parts of which none is opened yet.
func newParts() *parts {
	registry := prometheus.NewRegistry()
	return &parts{registry: registry, http: front.NewMetrics(registry)}
}

// serve runs the roles until ctx ends or a role fails.
func (s *Service) serve(ctx context.Context, p *parts) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.secrets.keeper.Run(ctx) })
	watch := s.monitor(p)
	if s.roles.notify {
		notifiers, err := s.notifiers(ctx, p, watch)
		if err != nil {
			return err
		}
		for _, notifier := range notifiers {
			group.Go(func() error { return notifier.Run(ctx) })
		}
	}
	var receiver *submit.Receiver
	if s.roles.web {
		clock, err := s.clock(ctx, p)
		if err != nil {
			return err
		}
		if err := s.watchRevocations(ctx, p); err != nil {
			return err
		}
		if s.revocations != nil {
			group.Go(func() error { return s.revocations.Run(ctx) })
		}
		rule, err := s.originRule(ctx, p)
		if err != nil {
			return err
		}
		receiver = s.receiver(p, clock, rule)
		if !s.auth.Enabled() {
			s.log.Warn("authentication is off: anyone who reaches this address may submit", "listen", p.listeners.main.Addr().String())
		}
	}
	if s.roles.load {
		loader := s.loader(p, watch)
		if receiver != nil {
			loader.Busy = receiver.Busy
		}
		if logs := s.logCache(p); logs != nil {
			s.wantLogs(loader, logs)
			group.Go(func() error { return logs.Run(ctx) })
		}
		group.Go(func() error { return loader.Run(ctx) })
		if loader.Raw != nil && s.cfg.SubmissionDays > 0 {
			group.Go(func() error { return s.purgeRaw(ctx, loader.Raw) })
		}
		for _, a := range p.realms() {
			if judge := s.judge(a); judge != nil {
				group.Go(func() error { return judge.Run(ctx) })
			}
			if v := s.verifier(a); v != nil {
				group.Go(func() error { return v.run(ctx) })
			}
			keeper, err := s.retention(ctx, a, watch)
			if err != nil {
				return err
			}
			if keeper != nil {
				group.Go(func() error { return keeper.Run(ctx) })
			}
		}
	}
	var work *tasks.Tasks
	if s.cfg.TasksAudience != "" {
		var err error
		if work, err = s.tasks(ctx, p, watch, receiver); err != nil {
			return err
		}
	}
	var err error
	if s.sandbox, err = s.startSandbox(ctx, group); err != nil {
		return err
	}
	main := s.front(p, watch, receiver, work)
	if s.answering != nil {
		s.answering(main)
	}
	s.answer(ctx, group, p, main, watch)
	if s.Ready != nil {
		s.Ready(p.listeners.main.Addr())
	}
	err = group.Wait()
	s.log.Info("stopped")
	return err
}

// loader returns the loader, and adds it to the monitor.
func (s *Service) loader(p *parts, m *monitor.Monitor) *ingest.Loader {
	l := &ingest.Loader{
		Queue: p.queue, Store: p.store, Raw: s.raw(p), Public: p.public, Log: s.log, Now: s.now,
		Limits: queue.Limits{
			Messages: s.cfg.BatchMessages, Objects: s.cfg.BatchObjects, Bytes: int(s.cfg.BatchBytes),
		},
		Pace:         batchPace,
		Extend:       visibility / 4,
		Patience:     storePatience,
		KeepReceipts: time.Duration(s.cfg.ReceiptDays) * 24 * time.Hour,
	}
	if p.loaded != nil {
		l.Publish = loaded.Publisher{Queue: p.loaded}.Publish
	}
	l.Loaded = observe(p.registry, l)
	if p.http.Tracer != nil {
		traceBatches(l, p.http.Tracer)
	}
	m.Parts = append(m.Parts, monitor.Part{Name: "loader", Check: func(context.Context) (string, error) {
		return loaderState(l.State())
	}})
	return l
}

func (s *Service) receiver(p *parts, clock *arrival.Clock, rule auth.Rule) *submit.Receiver {
	return submit.New(submit.Config{
		Auth: s.auth, Rule: rule, Queue: p.queue, Store: p.store, Log: s.log, Now: s.now, Clock: clock,
		Metrics:  submit.NewMetrics(p.registry),
		Partial:  s.keepsRejected(p.store),
		MaxBytes: int64(s.cfg.MaxSubmission), MaxMemory: int64(s.cfg.MaxMemory), MaxObjects: s.cfg.MaxObjects, Wait: memoryWait,
		QueueLimit: s.cfg.QueueLimit, TokenRate: s.cfg.TokenRate, TokenBurst: s.cfg.TokenBurst,
	})
}

// keepsRejected reports whether the loader loads a report with rejected objects, which it keeps
// in the database. A load that is published has its receipts later, in another transaction.
func (s *Service) keepsRejected(st store.Store) bool {
	return s.cfg.Loaded == "" && tray.Of(st) != nil
}

// makeData creates the data directory, if one is configured.
func (s *Service) makeData() error {
	if s.cfg.Data == "" {
		return nil
	}
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if info, err := os.Stat(s.cfg.Data); err == nil && info.Mode().Perm()&0o077 != 0 {
		s.log.Warn("others on this machine can read the data directory: chmod 700 keeps them out", "data", s.cfg.Data)
	}
	return nil
}
