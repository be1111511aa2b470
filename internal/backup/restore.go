// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/public"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// sample is the share of the counts that are counted again after a restore.
const sample = 0.05

// ErrExists: there is something already that a restore would replace.
var ErrExists = errors.New("it exists already")

// RestoreOptions say how a backup is restored.
type RestoreOptions struct {
	Sources // where it is restored to
	From    string
	// Force replaces what is there. The files of a queue are kept beside it.
	Force    bool
	Now      func() time.Time
	Progress store.Progress // may be nil
}

// Restore restores a backup, after checking all its files, and checks the result. It returns
// queue.ErrBusy if a service runs on the queue, and ErrExists if there is something that it
// would replace. Nothing is changed in these cases.
func Restore(ctx context.Context, o RestoreOptions) (*Manifest, error) {
	m, err := ReadManifest(o.From)
	if err != nil {
		return nil, err
	}
	o.Progress.Report("checking the files", 0, 0)
	if err := m.check(o.From); err != nil {
		return nil, err
	}
	if o.Queue != "" {
		unlock, err := jetstream.LockFiles(o.Queue)
		if err != nil {
			return nil, fmt.Errorf("stop the service: %w", err)
		}
		defer unlock()
	}
	if err := o.database(ctx, m); err != nil {
		return nil, err
	}
	for _, part := range []struct{ name, to string }{
		{queueFolder, o.Queue}, {subscriptionsFolder, o.Subscriptions}, {artifactsFolder, o.Artifacts},
	} {
		if part.to == "" || !m.has(part.name) {
			continue
		}
		if part.name == queueFolder {
			if err := o.moveQueue(); err != nil {
				return nil, err
			}
		}
		if err := addFiles(ctx, filepath.Join(o.From, part.name), part.to); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return m, nil
}

// database restores the database, and checks it.
func (o *RestoreOptions) database(ctx context.Context, m *Manifest) (err error) {
	s, err := all.Open(ctx, o.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	engine, ok := s.(store.Backuper)
	if !ok || driverOf(engine) != m.Engine {
		return fmt.Errorf("the backup is of %s: name such a database", m.Engine)
	}
	schemas, _, err := s.Schemas(ctx)
	if errors.Is(err, store.ErrNotFound) { // a file that does not exist yet
		err = nil
	} else if err == nil && !knows(schemas, m.Schema) {
		err = fmt.Errorf("the backup has the schema %s, which is newer than this version of KCIDB: install the version %s", m.Schema, m.Program)
	}
	if err != nil {
		return err
	}
	if err := o.makeRoom(ctx, s, m); err != nil {
		return err
	}
	counts, err := engine.Restore(ctx, filepath.Join(o.From, databaseName), o.Progress)
	if err != nil {
		return err
	}
	for list, n := range m.Counts {
		if counts[list] != n {
			return fmt.Errorf("%w: %d %s were restored of %d", store.ErrCorrupt, counts[list], list, n)
		}
	}
	if err := o.verify(ctx, s); err != nil {
		return err
	}
	return forgetPublic(ctx, s)
}

// forgetPublic records that no public database has what was restored, so that a service with
// private origins asks for a new one in place of showing one of another time.
func forgetPublic(ctx context.Context, s store.Sink) error {
	schemas, current, err := s.Schemas(ctx)
	whole, ok := store.As[store.Store](s)
	if err != nil || !ok || current < len(schemas)-1 { // an older schema knows no public database
		return err
	}
	return public.Forget(ctx, whole)
}

func knows(schemas []store.Schema, version string) bool {
	for _, s := range schemas {
		if fmt.Sprintf("%d.%d", s.Version.Major, s.Version.Minor) == version {
			return true
		}
	}
	return false
}

// makeRoom removes the database if o.Force is set, and returns ErrExists otherwise.
func (o *RestoreOptions) makeRoom(ctx context.Context, s store.Sink, m *Manifest) error {
	is, err := s.Initialized(ctx)
	if err != nil {
		return err
	}
	if !o.Force {
		if is {
			return fmt.Errorf("the database: %w", ErrExists)
		}
		if entries, err := os.ReadDir(o.Queue); o.Queue != "" && m.has(queueFolder) && err == nil && hasData(entries) {
			return fmt.Errorf("the queue %s: %w", o.Queue, ErrExists)
		}
		return nil
	}
	if is {
		return s.Cleanup(ctx)
	}
	return nil
}

// hasData reports whether a folder of a queue has more than its lock.
func hasData(entries []fs.DirEntry) bool {
	return len(entries) > 1 || len(entries) == 1 && entries[0].Name() != "lock"
}

// verify counts a sample of the roll-ups again, if the schema is the newest.
func (o *RestoreOptions) verify(ctx context.Context, s store.Sink) error {
	counts := rollup.Of(s)
	if counts == nil {
		return nil
	}
	different := 0
	err := counts.Verify(ctx, rollup.VerifyOptions{Sample: sample, Progress: o.Progress}, func(rollup.Difference) { different++ })
	switch {
	case errors.Is(err, store.ErrOldSchema):
		return nil
	case err == nil && different > 0:
		err = fmt.Errorf("%d roll-ups do not match the objects: run kcidb db rebuild", different)
	}
	return err
}

// moveQueue moves the files of the queue out of the way.
func (o *RestoreOptions) moveQueue() error {
	entries, err := os.ReadDir(o.Queue)
	if err != nil || !hasData(entries) {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	away := o.Queue + ".before-" + o.Now().UTC().Format(layout)
	if err := os.Mkdir(away, 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "lock" { // held by this process
			continue
		}
		if err := os.Rename(filepath.Join(o.Queue, e.Name()), filepath.Join(away, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
