// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// memory is a Finder of the objects in a report. It keeps the contract of Finder, and
// promises nothing else: objects come in an order of their own unless the question is
// Ordered, have no property that was not asked for, and come along with objects that the
// question does not select.
type memory struct {
	t      testing.TB
	report func(context.Context) (*report.Report, error)
	ready  func(context.Context) error

	mu    sync.Mutex
	calls []string // lists and types of the questions
}

// perReport is the number of objects in a report of Find.
const perReport = 100

func (m *memory) Ready(ctx context.Context) error { return m.ready(ctx) }

func (m *memory) Find(ctx context.Context, q Question) iter.Seq2[*report.Report, error] {
	m.note(q)
	return func(yield func(*report.Report, error) bool) {
		all, err := m.report(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		l := lists[slices.IndexFunc(lists, func(l list) bool { return l.name() == q.List })]
		found := m.selected(l, all, q)
		if q.Ordered {
			slices.SortFunc(found, func(a, b candidate) int { return compareKeys(a.key, b.key) })
		} else {
			slices.Reverse(found)
		}
		for part := range slices.Chunk(found, perReport) {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			r := &report.Report{}
			for _, c := range part {
				l.add(r, all, c.index, true)
			}
			if q.Properties != nil {
				keepProperties(r, q)
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// note checks a question and counts it.
func (m *memory) note(q Question) {
	var types []string
	for t, keys := range q.Of {
		types = append(types, string(t))
		if len(keys) == 0 || !slices.IsSortedFunc(keys, compareKeys) || len(slices.Compact(slices.Clone(keys))) < len(keys) {
			m.t.Errorf("not in order, or not each once, or none: %v", keys)
		}
	}
	if q.All != (len(types) == 0) {
		m.t.Errorf("the question selects nothing: %v", q)
	}
	slices.Sort(types)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, string(q.List)+" of "+strings.Join(types, ", "))
}

type candidate struct {
	index int
	key   store.Key
}

// selected returns the objects that a question selects, and every third other object.
func (m *memory) selected(l list, r *report.Report, q Question) (found []candidate) {
	of := map[object.Type]map[store.Key]bool{}
	for t, keys := range q.Of {
		of[t] = map[store.Key]bool{}
		for _, key := range keys {
			of[t][key] = true
		}
	}
	for i, n := range l.nodes(r) {
		key := keyOf(l.typ(), n.id)
		selects := q.All || of[l.typ()][key] || i%3 == 0
		for _, p := range n.parents {
			selects = selects || of[p.Type][keyOf(p.Type, p.ID)]
		}
		if selects {
			found = append(found, candidate{i, key})
		}
	}
	return found
}

func (m *memory) Branch(ctx context.Context, like store.Like) iter.Seq2[string, error] {
	m.mu.Lock()
	m.calls = append(m.calls, "branch")
	m.mu.Unlock()
	return func(yield func(string, error) bool) {
		all, err := m.report(ctx)
		if err != nil {
			yield("", err)
			return
		}
		var found []report.Checkout
		for _, c := range all.Checkouts {
			if c.Origin == like.Origin && is(c.GitRepositoryURL, like.RepositoryURL) && is(c.GitRepositoryBranch, like.Branch) &&
				c.StartTime != nil && c.StartTime.Before(like.Before) {
				found = append(found, c)
			}
		}
		slices.SortFunc(found, func(a, b report.Checkout) int {
			if n := b.StartTime.Compare(*a.StartTime); n != 0 {
				return n
			}
			return strings.Compare(b.ID, a.ID)
		})
		for _, c := range found {
			if !yield(c.ID, nil) {
				return
			}
		}
	}
}

// keepProperties removes all other properties of the objects, which keep their key.
func keepProperties(r *report.Report, q Question) {
	k := keeper{"id": true}
	for _, name := range q.Properties {
		k[name] = true
	}
	for i := range r.Checkouts {
		r.Checkouts[i].VisitFields(k)
	}
	for i := range r.Builds {
		r.Builds[i].VisitFields(k)
	}
	for i := range r.Tests {
		r.Tests[i].VisitFields(k)
	}
	for i := range r.Issues {
		version := r.Issues[i].Version
		r.Issues[i].VisitFields(k)
		r.Issues[i].Version = version
	}
	for i := range r.Incidents {
		r.Incidents[i].VisitFields(k)
	}
}

// keeper is a visitor that removes the properties that it does not name.
type keeper map[string]bool

func keep[T any](k keeper, name string, field *T) {
	if !k[name] {
		*field = *new(T)
	}
}

func (k keeper) Timestamp(name string, f **time.Time)            { keep(k, name, f) }
func (k keeper) Text(name string, f *string)                     { keep(k, name, f) }
func (k keeper) OptText(name string, f **string)                 { keep(k, name, f) }
func (k keeper) Version(name string, f *int)                     { keep(k, name, f) }
func (k keeper) Status(name string, f **report.Status)           { keep(k, name, f) }
func (k keeper) OptBool(name string, f **bool)                   { keep(k, name, f) }
func (k keeper) OptFloat(name string, f **float64)               { keep(k, name, f) }
func (k keeper) OptTime(name string, f **time.Time)              { keep(k, name, f) }
func (k keeper) Texts(name string, f *[]string)                  { keep(k, name, f) }
func (k keeper) Resources(name string, f *[]report.Resource)     { keep(k, name, f) }
func (k keeper) Misc(name string, f *json.RawMessage)            { keep(k, name, f) }
func (k keeper) Environment(name string, f **report.Environment) { keep(k, name, f) }
func (k keeper) Number(name string, f **report.Number)           { keep(k, name, f) }
func (k keeper) Culprit(name string, f **report.Culprit)         { keep(k, name, f) }
func (k keeper) Float(string, *float64)                          {}
func (k keeper) Prefix(string, **report.Prefix)                  {}
