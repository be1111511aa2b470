// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// databaseOf returns a store as a graph reads it. Without an SQL database there are no
// roll-ups, and the graph counts tests and incidents by reading them.
func databaseOf(s store.Store) database {
	if db := answers.Of(s); db != nil {
		return struct {
			store.Store
			*answers.DB
		}{s, db}
	}
	return uncounted{s}
}

// Tally returns the numbers of tests of each of the builds, by status; "" stands for no
// status. It leaves out builds without tests.
func Tally(ctx context.Context, s store.Store, builds []string) (map[string]map[report.Status]int64, error) {
	return databaseOf(s).Tally(ctx, builds)
}

// uncounted is a database without roll-ups. Its answers are those of package answers.
type uncounted struct{ store.Store }

// Tally implements database.
func (d uncounted) Tally(ctx context.Context, builds []string) (map[string]map[report.Status]int64, error) {
	all := map[string]map[report.Status]int64{}
	return all, d.forEachOutcome(ctx, builds, func(o *store.Outcome) {
		if all[o.BuildID] == nil {
			all[o.BuildID] = map[report.Status]int64{}
		}
		all[o.BuildID][o.Status]++
	})
}

// SuiteCounts implements database.
func (d uncounted) SuiteCounts(ctx context.Context, builds []string, suite string) (map[report.Status]int64, error) {
	all := map[report.Status]int64{}
	return all, d.forEachOutcome(ctx, builds, func(o *store.Outcome) {
		if facts.Suite(o.Path) == suite {
			all[o.Status]++
		}
	})
}

// PathCounts implements database.
func (d uncounted) PathCounts(ctx context.Context, builds []string, _ string, f func(path string, status report.Status, n int64)) error {
	return d.forEachOutcome(ctx, builds, func(o *store.Outcome) { f(o.Path, o.Status, 1) })
}

// Failed implements database.
func (d uncounted) Failed(ctx context.Context, builds []string, f func(*answers.FailedTest)) error {
	var failed []answers.FailedTest
	var ids []object.ID
	err := d.forEachOutcome(ctx, slices.Sorted(slices.Values(builds)), func(o *store.Outcome) {
		if slices.Contains(bad, o.Status) {
			failed = append(failed, answers.FailedTest{ID: o.ID, BuildID: o.BuildID, Path: o.Path, Status: o.Status, Platform: o.Platform})
			ids = append(ids, object.ID{o.ID})
		}
	})
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for ids := range slices.Chunk(ids, idsAtOnce) {
		err := d.forEachIncident(ctx, []object.Pattern{object.Of(object.TypeTest, ids...).Children(object.TypeIncident)}, func(i *report.Incident) {
			if i.TestID != nil && isPresent(i) {
				known[*i.TestID] = true
			}
		})
		if err != nil {
			return err
		}
	}
	for i := range failed {
		failed[i].Known = known[failed[i].ID]
		f(&failed[i])
	}
	return nil
}

// Findings implements database.
func (d uncounted) Findings(ctx context.Context, builds []string) ([]answers.Finding, error) {
	found := map[store.Key]*answers.Finding{}
	for builds := range slices.Chunk(builds, idsAtOnce) {
		of := object.Of(object.TypeBuild, idsOf(builds)...)
		err := d.forEachIncident(ctx, []object.Pattern{of.Children(object.TypeIncident), of.Children(object.TypeTest).Children(object.TypeIncident)}, func(i *report.Incident) {
			if !isPresent(i) {
				return
			}
			key := store.Key{ID: i.IssueID, Version: i.IssueVersion}
			if found[key] == nil {
				found[key] = &answers.Finding{Key: key}
			}
			if i.TestID != nil {
				found[key].Tests++
			} else {
				found[key].Builds++
			}
		})
		if err != nil {
			return nil, err
		}
	}
	var all []answers.Finding
	for _, f := range found {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b answers.Finding) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}

// Incidents implements database. First is the present incident with the smallest
// timestamp, because a database without roll-ups does not say when an incident arrived
// first.
func (d uncounted) Incidents(ctx context.Context, key store.Key) (n answers.Incidents, err error) {
	var first *report.Incident
	of := object.Of(object.TypeIssueVersion, object.IssueVersionRef(key.ID, key.Version).ID).Children(object.TypeIncident)
	err = d.forEachIncident(ctx, []object.Pattern{of}, func(i *report.Incident) {
		if !isPresent(i) {
			n.Absent++
			return
		}
		n.Present++
		switch {
		case i.TestID != nil:
			n.Tests++
		case i.BuildID != nil:
			n.Builds++
		}
		if first == nil || cmp.Or(i.Timestamp.Compare(*first.Timestamp), cmp.Compare(i.ID, first.ID)) < 0 {
			copied := *i
			first = &copied
		}
	})
	if first != nil {
		n.First = first.ID
	}
	return n, err
}

// idsAtOnce is how many IDs a pattern has.
const idsAtOnce = 500

// isPresent reports whether an incident does not say that its issue is absent.
func isPresent(i *report.Incident) bool { return i.Present == nil || *i.Present }

// forEachOutcome calls f for each test of builds.
func (d uncounted) forEachOutcome(ctx context.Context, builds []string, f func(*store.Outcome)) error {
	if len(builds) == 0 {
		return nil
	}
	for o, err := range d.Outcomes(ctx, builds) {
		if err != nil {
			return err
		}
		f(&o)
	}
	return nil
}

// forEachIncident calls f for each incident that patterns name.
func (d uncounted) forEachIncident(ctx context.Context, patterns []object.Pattern, f func(*report.Incident)) error {
	for s, err := range d.Match(ctx, patterns, store.MatchOptions{Metadata: true}) {
		if err != nil {
			return err
		}
		for i := range s.Report.Incidents {
			f(&s.Report.Incidents[i])
		}
	}
	return nil
}
