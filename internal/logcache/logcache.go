// SPDX-License-Identifier: Apache-2.0

// Package logcache keeps copies of the logs of failed builds and tests, because their hosts
// remove them, often before a person looks.
//
// Want notes the logs of a report in the table logs. Run fetches them, from hosts that an
// administrator named, and keeps them in the artifact store. A log that cannot be fetched is
// tried again a few times. Several processes may share a table.
package logcache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/fetch"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

const (
	// Timeout is how long a log may take.
	Timeout = time.Minute
	// fetchesAtOnce is how many logs are fetched at a time.
	fetchesAtOnce = 4
	// roundLogs is how many logs are fetched between two looks at the table.
	roundLogs = 64
	// idle is the pause if no log waits, unless this process notes one.
	idle = 10 * time.Second
	// claimFor is how long a process has a log for itself, and mostTries how often its host may
	// fail. The pauses between are firstPause and each time four times longer.
	claimFor   = 10 * time.Minute
	mostTries  = 4
	firstPause = 5 * time.Minute
	// longestURL is the length of a URL, in bytes, that is fetched.
	longestURL = 2000
)

// Cache keeps copies of logs. All methods may be called concurrently.
type Cache struct {
	DB        *sqldb.DB
	Artifacts *artifact.Store
	Hosts     fetch.Hosts
	Client    *http.Client  // of package fetch, for the hosts
	Pause     time.Duration // between two logs of the same host
	MaxBytes  int64         // of a log as its host sends it
	Days      int           // how long copies, and failures for good, are kept; 0 for ever
	Now       func() time.Time
	Log       *slog.Logger

	mu     sync.Mutex
	next   map[string]time.Time // when a host may be asked again
	wanted chan struct{}        // closed when a log was noted; nil if Run does not wait
}

// Want notes the logs of the failed builds and tests of a report, unless they were noted
// before.
func (c *Cache) Want(ctx context.Context, r *report.Report) error {
	var rows [][]any
	now, seen := c.Now().UnixMicro(), map[string]bool{}
	add := func(status *report.Status, text *string) {
		if status == nil || *status != report.StatusFail && *status != report.StatusError || text == nil || len(*text) > longestURL || seen[*text] {
			return
		}
		if u, err := url.Parse(*text); err == nil && c.Hosts.Allow(u) {
			seen[*text] = true
			rows = append(rows, []any{*text, "", int64(0), "", now, int64(0)})
		}
	}
	for i := range r.Builds {
		add(r.Builds[i].Status, r.Builds[i].LogURL)
	}
	for i := range r.Tests {
		add(r.Tests[i].Status, r.Tests[i].LogURL)
	}
	if len(rows) == 0 {
		return nil
	}
	err := c.DB.Update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Each(ctx, c.DB.Insert("logs", columns)+" ON CONFLICT (url) DO NOTHING", columns, rows)
		return err
	})
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.wanted != nil {
			close(c.wanted)
			c.wanted = nil
		}
	}
	return c.DB.Failure(ctx, "note logs", err)
}

// noted returns a channel that is closed when this process notes a log.
func (c *Cache) noted() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wanted == nil {
		c.wanted = make(chan struct{})
	}
	return c.wanted
}

var columns = sqldb.Columns("url digest settled# failure due# tries#")

// Copy describes the copy of a log.
type Copy struct {
	Digest  string // of its content in the artifact store
	Fetched time.Time
}

// Find returns the copy of the log at a URL, if there is one.
func (c *Cache) Find(ctx context.Context, text string) (found Copy, ok bool, err error) {
	err = c.DB.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		var fetched int64
		ok, err = sqldb.ReadRow(ctx, tx, "SELECT digest, settled FROM logs WHERE url = $1 AND digest <> ''", []any{text}, &found.Digest, &fetched)
		found.Fetched = sqldb.Time(fetched)
		return err
	})
	return found, ok, c.DB.Failure(ctx, "find a log", err)
}

// Open returns the content of a copy as a stream, which the caller closes.
func (c *Cache) Open(ctx context.Context, found Copy) (io.ReadCloser, error) {
	return c.Artifacts.Get(ctx, found.Digest)
}

// Run fetches logs, and removes old copies, until ctx ends.
func (c *Cache) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		noted := c.noted()
		n, err := c.Round(ctx)
		if err == nil {
			err = c.RemoveOld(ctx)
		}
		if err != nil && ctx.Err() == nil {
			c.Log.Error("logs not fetched", "error", err)
			noted = nil // further logs would fail as well
		}
		if n == 0 || err != nil {
			select {
			case <-ctx.Done():
			case <-noted:
			case <-time.After(idle):
			}
		}
	}
	return nil
}

// waiting is a log that waits to be fetched.
type waiting struct {
	url        string
	due, tries int64
}

// Round fetches some of the logs that wait, and returns how many it tried.
func (c *Cache) Round(ctx context.Context) (int, error) {
	var all []waiting
	var w waiting
	err := c.DB.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		return sqldb.Read(ctx, tx, "SELECT url, due, tries FROM logs WHERE due > 0 AND due <= $1 ORDER BY due LIMIT $2", []any{c.Now().UnixMicro(), roundLogs},
			[]any{&w.url, &w.due, &w.tries}, func() error { all = append(all, w); return nil })
	})
	if err != nil {
		return 0, c.DB.Failure(ctx, "find logs to fetch", err)
	}
	// An error ends no fetch of another log, but keeps further logs from being fetched in vain.
	var group errgroup.Group
	var failed atomic.Bool
	group.SetLimit(fetchesAtOnce)
	for _, w := range all {
		group.Go(func() error {
			if failed.Load() {
				return nil
			}
			err := c.try(ctx, w)
			if err != nil {
				failed.Store(true)
			}
			return err
		})
	}
	return len(all), group.Wait()
}

// try claims a log, fetches it, and notes what came of that. Its error is one of the database
// or the artifact store, or the end of ctx. Then the log is tried again when the claim ends,
// and the try does not count.
func (c *Cache) try(ctx context.Context, w waiting) error {
	until := c.Now().Add(claimFor).UnixMicro()
	claimed, err := c.exec(ctx, "UPDATE logs SET due = $3 WHERE url = $1 AND due = $2", w.url, w.due, until)
	if err != nil || claimed == 0 {
		return err // another process has the log
	}
	data, err := c.fetch(ctx, w.url)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return c.noteFailure(ctx, w, err)
	}
	if err := c.Artifacts.Put(ctx, data); err != nil {
		return err
	}
	_, err = c.exec(ctx, "UPDATE logs SET digest = $2, settled = $3, failure = '', due = 0 WHERE url = $1",
		w.url, artifact.Digest(data), c.Now().UnixMicro())
	return err
}

// noteFailure notes why a host did not send a log, and when to try again.
func (c *Cache) noteFailure(ctx context.Context, w waiting, failure error) error {
	due, settled := c.Now().Add(firstPause<<(2*w.tries)).UnixMicro(), int64(0)
	if _, final := errors.AsType[*useless](failure); final || w.tries+1 >= mostTries {
		due, settled = 0, c.Now().UnixMicro()
	}
	_, err := c.exec(ctx, "UPDATE logs SET tries = tries + 1, due = $2, settled = $3, failure = $4 WHERE url = $1", w.url, due, settled, failure.Error())
	return err
}

// exec changes the table, and returns the number of rows that it changed.
func (c *Cache) exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = c.DB.Update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		n, err = tx.Exec(ctx, statement, args...)
		return err
	})
	return n, c.DB.Failure(ctx, "note a log", err)
}

// useless is an answer that will not become a log.
type useless struct{ why string }

func (u *useless) Error() string { return u.why }

// fetch returns a log.
func (c *Cache) fetch(ctx context.Context, text string) (data []byte, err error) {
	u, err := url.Parse(text)
	if err != nil || !c.Hosts.Allow(u) {
		return nil, &useless{"the host is not allowed any more"}
	}
	if err := c.pause(ctx, u.Host); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, text, nil)
	if err != nil {
		return nil, &useless{err.Error()}
	}
	r.Header.Set("User-Agent", "kcidb")
	response, err := c.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	kind := response.Header.Get("Content-Type")
	switch {
	case response.StatusCode == http.StatusNotFound, response.StatusCode == http.StatusGone:
		return nil, &useless{response.Status}
	case response.StatusCode != http.StatusOK:
		return nil, errors.New(response.Status)
	case !isLog(kind):
		return nil, &useless{fmt.Sprintf("%.100q is not the type of a log", kind)}
	case response.ContentLength > c.MaxBytes:
		return nil, &useless{fmt.Sprintf("%d bytes are more than %d", response.ContentLength, c.MaxBytes)}
	}
	data, err = io.ReadAll(io.LimitReader(response.Body, c.MaxBytes+1))
	if err == nil && int64(len(data)) > c.MaxBytes {
		err = &useless{fmt.Sprintf("it has more than %d bytes", c.MaxBytes)}
	}
	return data, err
}

// isLog reports whether a type may be that of a log. Hosts answer with pages in HTML where
// they want a person to log in, or have no log.
func isLog(kind string) bool {
	if kind == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(kind)
	return err == nil && (media != "text/html" && len(media) > 5 && media[:5] == "text/" || slices.Contains(types, media))
}

var types = []string{
	"application/octet-stream", "application/json", "application/x-ndjson", "application/gzip", "application/x-gzip", "application/zstd",
	"application/x-xz", "application/x-bzip2", "binary/octet-stream",
}

// pause waits until a host may be asked again.
func (c *Cache) pause(ctx context.Context, host string) error {
	c.mu.Lock()
	now := time.Now()
	if c.next == nil || len(c.next) > 1000 {
		c.next = map[string]time.Time{}
	}
	at := c.next[host]
	if at.Before(now) {
		at = now
	}
	c.next[host] = at.Add(c.Pause)
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(at.Sub(now)):
		return nil
	}
}

// RemoveOld removes some copies that are too old, and which logs failed that long ago, so that
// the table does not grow without end. A later report brings such a log back. A content that was
// kept again stays.
func (c *Cache) RemoveOld(ctx context.Context) error {
	if c.Days == 0 {
		return nil
	}
	before := c.Now().AddDate(0, 0, -c.Days)
	var urls, digests []string
	err := c.DB.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		var text, digest string
		return sqldb.Read(ctx, tx, "SELECT url, digest FROM logs WHERE settled > 0 AND settled < $1 ORDER BY settled LIMIT $2", []any{before.UnixMicro(), roundLogs},
			[]any{&text, &digest}, func() error { urls, digests = append(urls, text), append(digests, digest); return nil })
	})
	if err != nil {
		return c.DB.Failure(ctx, "find old logs", err)
	}
	for i := range urls {
		if digests[i] != "" {
			if err := c.Artifacts.DeleteOld(ctx, digests[i], before); err != nil {
				return err
			}
		}
		// Another process may have removed the row, and fetched the log again.
		if _, err := c.exec(ctx, "DELETE FROM logs WHERE url = $1 AND settled > 0 AND settled < $2", urls[i], before.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}
