// SPDX-License-Identifier: Apache-2.0

// Package raw keeps submissions in an artifact store as they were received, for some time.
//
// The bytes of a submission are a content, and each batch of submissions has an index: a
// file with a line of JSON for each submission, which says what the bytes do not. So a
// database can be rebuilt from the artifact store alone.
package raw

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/artifact"
)

// Submission is a line of an index.
type Submission struct {
	ID       string    `json:"id"`
	Origin   string    `json:"origin,omitempty"`  // of the submitter
	Token    string    `json:"token,omitempty"`   // ID of the submitter's token
	Origins  string    `json:"origins,omitempty"` // that objects may have, see queue.Message
	Received time.Time `json:"received"`
	Digest   string    `json:"digest"`
	Bytes    int       `json:"bytes"`
}

// Received is a submission with its bytes.
type Received struct {
	Submission
	Data []byte
}

// Store keeps raw submissions. All methods may be called concurrently.
type Store struct {
	Artifacts *artifact.Store
	Now       func() time.Time
}

// The names of indexes begin with the time at which they were written, so that their order
// is about that in which the submissions were received.
const (
	indexes   = "submissions/"
	indexTime = indexes + "2006-01-02/150405.000000"
	indexEnd  = ".jsonl"
)

// slack is a bound of the difference between the clocks of this machine and the artifact
// store.
const slack = time.Hour

// Keep keeps submissions, and returns when they are safe. The same submission may be kept
// again.
func (s *Store) Keep(ctx context.Context, all []Received) error {
	if len(all) == 0 {
		return nil
	}
	var index bytes.Buffer
	lines := json.NewEncoder(&index)
	lines.SetEscapeHTML(false)
	contents := make([]artifact.Content, len(all))
	for i, r := range all {
		contents[i] = artifact.Content{Digest: r.Digest, Data: r.Data}
		if err := lines.Encode(r.Submission); err != nil {
			return err
		}
	}
	name := s.Now().UTC().Format(indexTime) + "-" + rand.Text() + indexEnd
	return s.Artifacts.Write(ctx, contents, artifact.File{Name: name, Data: index.Bytes()})
}

// All returns all submissions, about in the order in which they were received. A submission
// that was kept twice is returned twice. An index that cannot be read is an error, after
// which the sequence continues with the next one if the caller does.
func (s *Store) All(ctx context.Context) iter.Seq2[Submission, error] {
	return func(yield func(Submission, error) bool) {
		for info, err := range s.Artifacts.Bucket.List(ctx, indexes) {
			if err != nil {
				yield(Submission{}, err)
				return
			}
			all, err := s.read(ctx, info.Name)
			for _, one := range all {
				if !yield(one, nil) {
					return
				}
			}
			if err != nil && !yield(Submission{}, err) {
				return
			}
		}
	}
}

// read returns the submissions of an index. It returns those before a damaged line also with
// an error. An index that was removed meanwhile has none.
func (s *Store) read(ctx context.Context, name string) (all []Submission, err error) {
	data, err := artifact.ReadAll(ctx, s.Artifacts.Bucket, name)
	if errors.Is(err, artifact.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		var one Submission
		if err := json.Unmarshal(line, &one); err != nil {
			return all, fmt.Errorf("%w: %s, line %d: %w", artifact.ErrDamaged, name, n, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// Purge removes submissions that were kept before a time, unless the same bytes were kept
// again later. It returns how many it removed. An interrupted purge may be repeated.
func (s *Store) Purge(ctx context.Context, before time.Time) (removed int, err error) {
	for info, err := range s.Artifacts.Bucket.List(ctx, indexes) {
		if err != nil {
			return removed, err
		}
		if at, ok := writtenAt(info.Name); !ok {
			continue
		} else if !at.Before(before.Add(-slack)) {
			break // and so are those that follow
		}
		n, err := s.remove(ctx, info.Name, before)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// writtenAt returns the time in the name of an index.
func writtenAt(name string) (at time.Time, ok bool) {
	if len(name) < len(indexTime) || !strings.HasSuffix(name, indexEnd) {
		return at, false
	}
	at, err := time.Parse(indexTime, name[:len(indexTime)])
	return at, err == nil
}

// removesAtOnce is how many contents are removed at a time.
const removesAtOnce = 16

// remove removes the submissions of an index, and then the index. It returns how many it removed.
func (s *Store) remove(ctx context.Context, name string, before time.Time) (int, error) {
	all, err := s.read(ctx, name)
	if err != nil && !errors.Is(err, artifact.ErrDamaged) {
		return 0, err
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(removesAtOnce)
	for _, one := range all {
		group.Go(func() error { return s.Artifacts.DeleteOld(inner, one.Digest, before) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return len(all), s.Artifacts.Bucket.Delete(ctx, name)
}
