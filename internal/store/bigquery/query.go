// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"errors"
	"iter"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
)

// query is a statement, or several, with their parameters.
type query struct {
	sql    string
	params []bigquery.QueryParameter
}

func parameter(name string, value any) bigquery.QueryParameter {
	return bigquery.QueryParameter{Name: name, Value: value}
}

// job returns the query as the client sends it.
func (s *Store) job(q query) *bigquery.Query {
	if s.sent != nil {
		s.sent(q)
	}
	job := s.client.Query(q.sql)
	job.Parameters = q.params
	return job
}

// run runs a query without an answer.
func (s *Store) run(ctx context.Context, q query) error {
	job, err := s.job(q).Run(ctx)
	if err != nil {
		return err
	}
	status, err := job.Wait(ctx)
	if err != nil {
		return err
	}
	return status.Err()
}

// rows returns the rows of the answer to a query.
func (s *Store) rows(ctx context.Context, q query) iter.Seq2[[]bigquery.Value, error] {
	return func(yield func([]bigquery.Value, error) bool) {
		answer, err := s.job(q).Read(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			var row []bigquery.Value
			err := answer.Next(&row)
			if errors.Is(err, iterator.Done) {
				return
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// bytes returns how many bytes BigQuery would read for a query.
func (s *Store) bytes(ctx context.Context, q query) (int64, error) {
	job := s.job(q)
	job.DryRun = true
	dry, err := job.Run(ctx)
	if err != nil {
		return 0, err
	}
	return dry.LastStatus().Statistics.TotalBytesProcessed, nil
}
