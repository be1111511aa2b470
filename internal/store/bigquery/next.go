// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/kcidb-go/kcidb/internal/arrival"
)

// next returns the time of objects that are loaded now. The newest time in the data set
// is read once: then the clock follows what this store loads. So the machines of several
// loaders must have the same time.
func (s *Store) next(ctx context.Context) (time.Time, error) {
	s.seeding.Lock()
	defer s.seeding.Unlock()
	if !s.seeded {
		newest, err := s.newest(ctx)
		if err != nil {
			return time.Time{}, err
		}
		s.clock.Seed(newest)
		s.seeded = true
	}
	return s.clock.Next(), nil
}

// noteNewest makes the times of loads follow those of rows, in microseconds.
func (s *Store) noteNewest(all []int64) {
	for _, micros := range all {
		s.clock.Seed(time.UnixMicro(micros))
	}
}

// newest returns the newest timestamp that counts, see arrival.MaxAhead; the zero time if
// all are in the past. It reads the timestamps of one or two days.
func (s *Store) newest(ctx context.Context) (time.Time, error) {
	now := s.clock.Now()
	return s.moment(ctx, query{s.newestSQL(), []bigquery.QueryParameter{
		parameter("from", floor(now)), parameter("to", floor(now.Add(arrival.MaxAhead)))}})
}

// after returns the time for objects that are loaded now if other is the newest time.
func (s *Store) after(other time.Time) time.Time { return arrival.TimeAfter(s.clock.Now(), other) }
