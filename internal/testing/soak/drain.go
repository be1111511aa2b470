// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
)

const (
	publishers = 256                    // as many share a sync of the disk
	parts      = 10                     // of a drain, each with a row in the table
	samplePace = 250 * time.Millisecond // between two looks at a draining service
)

// Drain is the scenario of a service that was without a loader for long. It queues submissions,
// and then starts a service with all roles on the queue.
type Drain struct {
	Binary      string // kcidb
	Dir         string // an empty folder for all files
	Submissions int    // of objectsEach objects
	Postgres    bool   // in place of SQLite
	Out         io.Writer
}

// Run runs the scenario and prints its table. It fails if a submission or an object is lost, or
// if the roll-ups are wrong.
func (d *Drain) Run(ctx context.Context) error {
	db, err := openDatabase(ctx, d.Dir, d.Postgres)
	if err != nil {
		return err
	}
	defer db.close()
	all := newCensus()
	begin := time.Now()
	if err := d.fill(ctx, all); err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "%d submissions of %d objects queued in %.0f s, %d MB of files\n",
		d.Submissions, objectsEach, time.Since(begin).Seconds(), diskUse(d.queueDir())>>20)
	p, err := newService(d.Binary, "service", d.Dir, "data="+filepath.Join(d.Dir, "data"), "database="+db.spec, "queue=embedded:"+d.queueDir())
	if err != nil {
		return err
	}
	defer p.close()
	begin = time.Now()
	if err := p.start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "the service answers after %.1f s\n", time.Since(begin).Seconds())
	if err := d.watch(ctx, p, db); err != nil {
		return err
	}
	if err := p.stop(); err != nil {
		return err
	}
	return d.check(ctx, db, all)
}

func (d *Drain) queueDir() string { return filepath.Join(d.Dir, "queue") }

// fill publishes the submissions.
func (d *Drain) fill(ctx context.Context, all *census) (err error) {
	q, err := jetstream.Config{Dir: d.queueDir(), Logger: slog.New(slog.DiscardHandler)}.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	if err := q.Init(ctx); err != nil {
		return err
	}
	clock := arrival.NewClock(time.Now)
	publishing, ctx := errgroup.WithContext(ctx)
	publishing.SetLimit(publishers)
	n := 0
	for r := range reports(1) {
		if n++; n > d.Submissions || ctx.Err() != nil {
			break
		}
		all.add(r)
		m := queue.Message{ID: arrival.NewID(), Objects: r.Count(), Received: clock.Next(), Data: r.AppendJSON(nil)}
		publishing.Go(func() error { return q.Publish(ctx, m) })
	}
	return publishing.Wait()
}

// look is what a draining service had done at a moment.
type look struct {
	loaded float64 // submissions
	at     time.Time
	usage
}

// between returns the look at the moment when a number of submissions was loaded, a moment
// between two looks.
func between(a, b look, loaded float64) look {
	share := (loaded - a.loaded) / (b.loaded - a.loaded)
	part := func(d time.Duration) time.Duration { return time.Duration(share * float64(d)) }
	c := b
	c.loaded, c.at, c.cpu = loaded, a.at.Add(part(b.at.Sub(a.at))), a.cpu+part(b.cpu-a.cpu)
	return c
}

// watch prints a row of the table whenever another part of the submissions is loaded.
func (d *Drain) watch(ctx context.Context, p *process, db *database) error {
	fmt.Fprintf(d.Out, "%6s %14s %16s %10s %10s %10s %12s %10s\n",
		"part", "submissions/s", "per CPU second", "memory MB", "open files", "queue MB", "database MB", "to judge")
	var rates, perCPU []float64
	var most usage
	last := look{at: time.Now()}
	begin, size := last, float64(d.Submissions)/parts
	for part := 1; part <= parts; {
		select {
		case <-time.After(samplePace):
		case <-ctx.Done():
			return ctx.Err()
		}
		u, err := p.usage()
		if err != nil {
			return fmt.Errorf("%w: see %s", err, p.log.Name())
		}
		m, err := p.metrics(ctx)
		if err != nil {
			return err
		}
		most.memory, most.files = max(most.memory, u.memory), max(most.files, u.files)
		now := look{m["kcidb_loader_submissions_total"], time.Now(), u}
		for ; part <= parts && now.loaded >= size*float64(part); part++ {
			end := between(last, now, size*float64(part))
			rates = append(rates, size/end.at.Sub(begin.at).Seconds())
			perCPU = append(perCPU, size/(end.cpu-begin.cpu).Seconds())
			fmt.Fprintf(d.Out, "%6d %14.0f %16.0f %10d %10d %10d %12d %10.0f\n", part, rates[part-1], perCPU[part-1], u.memory>>20, u.files,
				diskUse(d.queueDir())>>20, diskUse(db.dir)>>20, m[`kcidb_judge_waiting{of="revisions"}`])
			begin = end
		}
		last = now
	}
	fmt.Fprintf(d.Out, "the last part against the first: %.2f of its rate, %.2f per CPU second; at most %d MB of memory, %d open files\n",
		rates[parts-1]/rates[0], perCPU[parts-1]/perCPU[0], most.memory>>20, most.files)
	return nil
}

// check fails unless each submission was loaded once.
func (d *Drain) check(ctx context.Context, db *database, all *census) error {
	receipts, err := db.number(ctx, "SELECT count(DISTINCT id) FROM receipts WHERE failure = ''")
	if err == nil && receipts != d.Submissions {
		err = fmt.Errorf("%d receipts, want %d", receipts, d.Submissions)
	}
	if err = errors.Join(err, db.complete(ctx, all, all), db.verify(ctx)); err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "all %d submissions are loaded, with %d tests and right roll-ups\n", receipts, all.rows(2))
	return nil
}

// TempDir returns a new folder within dir, and a function that removes it.
func TempDir(dir string) (string, func(), error) {
	made, err := os.MkdirTemp(dir, "kcidb-soak")
	if err == nil {
		err = os.Chmod(made, 0o755) // PostgreSQL runs as another user
	}
	return made, func() { os.RemoveAll(made) }, err
}
