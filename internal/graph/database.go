// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// database is what a graph reads. The methods are those of store.Store and answers.DB.
type database interface {
	Query(context.Context, store.Query) iter.Seq2[*report.Report, error]
	Match(context.Context, []object.Pattern, store.MatchOptions) iter.Seq2[*object.Set, error]
	Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error]
	Previous(context.Context, store.Like, int) ([]string, error)

	Tally(ctx context.Context, builds []string) (map[string]map[report.Status]int64, error)
	SuiteCounts(ctx context.Context, builds []string, suite string) (map[report.Status]int64, error)
	PathCounts(ctx context.Context, builds []string, prefix string, f func(path string, status report.Status, n int64)) error
	Failed(ctx context.Context, builds []string, f func(*answers.FailedTest)) error
	Findings(ctx context.Context, builds []string) ([]answers.Finding, error)
	Incidents(context.Context, store.Key) (answers.Incidents, error)
}

// emptyDatabase is a database without objects.
type emptyDatabase struct{}

func (emptyDatabase) Query(context.Context, store.Query) iter.Seq2[*report.Report, error] {
	return func(func(*report.Report, error) bool) {}
}

func (emptyDatabase) Match(context.Context, []object.Pattern, store.MatchOptions) iter.Seq2[*object.Set, error] {
	return func(func(*object.Set, error) bool) {}
}

func (emptyDatabase) Outcomes(context.Context, []string) iter.Seq2[store.Outcome, error] {
	return func(func(store.Outcome, error) bool) {}
}

func (emptyDatabase) Previous(context.Context, store.Like, int) ([]string, error) { return nil, nil }

func (emptyDatabase) Tally(context.Context, []string) (map[string]map[report.Status]int64, error) {
	return nil, nil
}

func (emptyDatabase) SuiteCounts(context.Context, []string, string) (map[report.Status]int64, error) {
	return nil, nil
}

func (emptyDatabase) PathCounts(context.Context, []string, string, func(string, report.Status, int64)) error {
	return nil
}

func (emptyDatabase) Failed(context.Context, []string, func(*answers.FailedTest)) error { return nil }

func (emptyDatabase) Findings(context.Context, []string) ([]answers.Finding, error) { return nil, nil }

func (emptyDatabase) Incidents(context.Context, store.Key) (answers.Incidents, error) {
	return answers.Incidents{}, nil
}
