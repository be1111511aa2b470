// SPDX-License-Identifier: Apache-2.0

// Package backup copies what a service keeps into a folder, while the service runs, and
// restores it.
//
// A backup is a folder with a manifest, which is written last:
//
//	kcidb-20250701T030000Z/
//	    database        the copy that the engine made: a file of SQLite, a folder of pg_dump
//	    queue/          the files of the embedded queue, if no service had them open
//	    subscriptions/  the files of subscriptions
//	    artifacts/      raw submissions and logs; files of the backup before are linked
//	    manifest.json   version, time, counts, and the digests of all files
//
// It is made under another name, and gets its own name when it is complete and on disk.
//
// The files of a running queue cannot be copied. So that a backup has all submissions that
// were acknowledged before it began, it waits until the service has loaded them.
package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
)

// The names in a backup.
const (
	databaseName        = "database"
	queueFolder         = "queue"
	subscriptionsFolder = "subscriptions"
	artifactsFolder     = "artifacts"
)

const (
	prefix  = "kcidb-"
	partial = ".part" // behind the name of a backup that is being made
	layout  = "20060102T150405Z"
)

// lookEvery is how often the queue is looked at until it is empty.
const lookEvery = 200 * time.Millisecond

// Sources are the places of what a service keeps.
type Sources struct {
	Database string // specification
	// Queue is the folder of the embedded queue, "" for a queue elsewhere.
	Queue         string
	Subscriptions string // folder, "" for none
	Artifacts     string // folder, "" for none
	// Others says in words, a line each, which parts of the service are elsewhere or left
	// out. The manifest repeats them.
	Others []string
}

// Options say how a backup is made.
type Options struct {
	Sources
	To      string // folder of backups, created if it does not exist
	Keep    int    // remove all but the newest backups afterwards; 0 keeps all
	Program string // version of KCIDB
	Now     func() time.Time
	// Drain is how long to wait for the submissions that are in the queue.
	Drain time.Duration
	// Ask returns the number of submissions in the queue of a running service, and of
	// its dead letters.
	Ask      func(context.Context) (waiting, dead int64, err error)
	Progress store.Progress // may be nil
}

// Make makes a backup. It returns the folder of the backup, and the manifest. After an error
// there is no new backup, unless a manifest is returned: then the backup is complete, and older
// ones may be left.
func Make(ctx context.Context, o Options) (dir string, m *Manifest, err error) {
	if err := os.MkdirAll(o.To, 0o700); err != nil {
		return "", nil, err
	}
	unlock, err := lock(o.To)
	if err != nil {
		return "", nil, err
	}
	defer unlock()
	before, err := newest(o.To)
	if err != nil {
		return "", nil, err
	}
	if before != "" {
		before = filepath.Join(o.To, before)
	}
	began := o.Now().UTC().Truncate(time.Second)
	dir = filepath.Join(o.To, prefix+began.Format(layout))
	if _, err := os.Stat(dir); err == nil {
		return "", nil, fmt.Errorf("%s exists already", dir)
	}
	part := dir + partial
	if err := os.Mkdir(part, 0o700); err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	m = &Manifest{Format: format, Program: o.Program, Time: began, Without: o.Others}
	if err := o.fill(ctx, m, part, before); err != nil {
		return "", nil, err
	}
	if err := os.Rename(part, dir); err != nil {
		return "", nil, err
	}
	if err := errors.Join(syncPath(o.To), prune(o.To, o.Keep)); err != nil {
		return dir, m, fmt.Errorf("the backup %s is complete, but older ones may be left: %w", dir, err)
	}
	return dir, m, nil
}

// fill makes the backup in a folder.
func (o *Options) fill(ctx context.Context, m *Manifest, dir, before string) error {
	unlock, err := o.queue(ctx, m, dir)
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	err = o.database(ctx, m, filepath.Join(dir, databaseName))
	unlock()
	if err != nil {
		return err
	}
	if o.Subscriptions != "" {
		if err := copyFolder(ctx, o.Subscriptions, filepath.Join(dir, subscriptionsFolder), ""); err != nil {
			return fmt.Errorf("subscriptions: %w", err)
		}
	}
	if o.Artifacts != "" {
		linkFrom := ""
		if before != "" {
			linkFrom = filepath.Join(before, artifactsFolder)
		}
		if err := copyFolder(ctx, o.Artifacts, filepath.Join(dir, artifactsFolder), linkFrom); err != nil {
			return fmt.Errorf("artifacts: %w", err)
		}
	}
	if err := syncTree(dir); err != nil {
		return err
	}
	if err := m.list(dir, before); err != nil {
		return err
	}
	if err := m.write(dir); err != nil {
		return err
	}
	return syncPath(dir)
}

// queue copies the files of the queue if no service has them open, and keeps services off
// until unlock is called. Otherwise it waits until the service has loaded what waits.
func (o *Options) queue(ctx context.Context, m *Manifest, dir string) (unlock func(), err error) {
	m.Queue = Queue{State: QueueRemote, Waiting: queue.Unknown, DeadLetters: queue.Unknown}
	unlock = func() {}
	if o.Queue != "" {
		switch unlock, err = jetstream.LockFiles(o.Queue); {
		case errors.Is(err, queue.ErrBusy):
			m.Queue.State, unlock = QueueRunning, func() {}
		case err != nil:
			return nil, err
		default:
			m.Queue.State = QueueNone
			if _, err := os.Stat(o.Queue); err == nil {
				m.Queue.State = QueueCopied
			}
			if err := copyFolder(ctx, o.Queue, filepath.Join(dir, queueFolder), ""); err != nil {
				unlock()
				return nil, err
			}
			return unlock, nil
		}
	}
	m.Queue.Waiting, m.Queue.DeadLetters = o.drain(ctx)
	return unlock, context.Cause(ctx)
}

// drain waits until nothing is in the queue, at most for o.Drain.
func (o *Options) drain(ctx context.Context) (waiting, dead int64) {
	over := time.After(o.Drain)
	waiting, dead = queue.Unknown, queue.Unknown
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if w, d, err := o.Ask(ctx); err == nil {
			waiting, dead = w, d
		}
		if waiting == 0 {
			return waiting, dead
		}
		select {
		case <-ctx.Done():
			return waiting, dead
		case <-over:
			return waiting, dead
		case <-tick.C:
		}
	}
}

// database copies the database.
func (o *Options) database(ctx context.Context, m *Manifest, to string) (err error) {
	s, err := all.Open(ctx, o.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	engine, ok := s.(store.Backuper)
	if !ok {
		return fmt.Errorf("this kind of database has backups of its own: %w", store.ErrUnsupported)
	}
	schemas, current, err := s.Schemas(ctx)
	if err != nil {
		return err
	}
	if current < 0 {
		return store.ErrNotInitialized
	}
	v := schemas[current].Version
	m.Engine, m.Schema = driverOf(engine), fmt.Sprintf("%d.%d", v.Major, v.Minor)
	m.Counts, err = engine.Backup(ctx, to, o.Progress)
	return err
}

// backups returns the names of the complete backups in a folder, oldest first.
func backups(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries { // sorted by name
		text, ours := strings.CutPrefix(e.Name(), prefix)
		if _, err := time.Parse(layout, text); ours && err == nil && e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// newest returns the name of the newest backup in a folder, "" for none.
func newest(dir string) (string, error) {
	names, err := backups(dir)
	if err != nil || len(names) == 0 {
		return "", err
	}
	return names[len(names)-1], nil
}

// prune removes backups that did not end, and all but the newest complete ones. A backup that
// is being removed has the name of an incomplete backup.
func prune(dir string, keep int) error {
	names, err := backups(dir)
	if err != nil {
		return err
	}
	if keep > 0 && len(names) > keep {
		for _, name := range names[:len(names)-keep] {
			if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, name+partial)); err != nil {
				return err
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, prefix+"*"+partial))
	for _, path := range slices.Sorted(slices.Values(left)) {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}
