// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// Built is a build with the values it is counted by. A missing text is "".
type Built struct {
	ID, CheckoutID, Origin                  string
	Status                                  report.Status
	Architecture, Compiler, ConfigName, Lab string // Lab as of facts.LabOf
	Start                                   int64  // microseconds since 1970, 0 for none
}

// Group is a number of tests of a build that are counted by the same values. A missing
// text is "".
type Group struct {
	Build            *Built
	Kind             rollup.Kind // Boots or Tests
	Origin, Platform string
	Compatible       string // JSON list of strings
	Lab, Reason      string // Lab as of facts.LabOf
	Status           report.Status
	N                int64
}

// GroupOf returns the group of a single test.
func GroupOf(b *Built, t *rollup.Test) Group {
	return Group{
		Build: b, Kind: t.Kind(), Origin: t.Origin, Platform: t.Platform, Compatible: t.Compatible,
		Lab: facts.LabOf(t.Lab, t.Origin), Reason: t.Reason, Status: t.Status, N: 1,
	}
}

// ObjectIssue is an issue that was seen in a build or a test.
type ObjectIssue struct {
	IssueID         string
	Version         int
	Kind            rollup.Kind // of the build or test
	BuildID, TestID string      // TestID is "" for a build
	Status          report.Status
	Test            *rollup.Test // only if Results.Tests
}

// Results has the builds, tests and issues of checkouts. The caller sets the first
// fields, and Read sets the others.
type Results struct {
	Checkouts []string
	Only      []string // IDs of builds to read; nil for all builds of the checkouts
	// Read calls Group with the tests of the builds, build by build, unless Group is nil.
	// Group may not keep its argument.
	Group  func(*Group)
	Issues bool // read ObjectIssues, and Texts of these issues
	Tests  bool // read the tests of ObjectIssues

	Builds       []Built // in the order of the checkouts, by ID within a checkout
	ObjectIssues []ObjectIssue
	Texts        map[store.Key]IssueTexts
}

// IssueTexts are the texts of an issue; nil for a text that it does not have.
type IssueTexts struct{ Comment, ReportURL *string }

// Read reads the results.
func (r *Results) Read(ctx context.Context, db *DB) error {
	return db.view(ctx, "read results", func(ctx context.Context, tx sqldb.Tx) error {
		if err := r.readBuilds(ctx, db, tx); err != nil || len(r.Builds) == 0 {
			return err
		}
		ids := make([]string, len(r.Builds))
		for i := range r.Builds {
			ids[i] = r.Builds[i].ID
		}
		if r.Group != nil {
			if err := r.readGroups(ctx, db, tx, ids); err != nil {
				return err
			}
		}
		if !r.Issues {
			return nil
		}
		if err := r.readObjectIssues(ctx, db, tx, ids); err != nil || len(r.ObjectIssues) == 0 {
			return err
		}
		return r.readTexts(ctx, db, tx)
	})
}

func (r *Results) readBuilds(ctx context.Context, db *DB, tx sqldb.Tx) error {
	args, only := []any{db.List(r.Checkouts)}, ""
	if r.Only != nil {
		args, only = append(args, db.List(r.Only)), " AND "+db.In("build_id", 2)
	}
	query := `
		SELECT build_id, checkout_id, origin, status, architecture, compiler, config_name, lab, start
		FROM counted_builds
		WHERE checkout_id <> '' AND ` + db.In("checkout_id", 1) + only
	var b Built
	into := []any{&b.ID, &b.CheckoutID, &b.Origin, (*string)(&b.Status), &b.Architecture, &b.Compiler, &b.ConfigName, &b.Lab, &b.Start}
	err := forEachRow(ctx, tx, query, args, into, func() {
		b.Lab = facts.LabOf(b.Lab, b.Origin)
		r.Builds = append(r.Builds, b)
	})
	place := make(map[string]int, len(r.Checkouts))
	for i, id := range r.Checkouts {
		place[id] = i
	}
	slices.SortFunc(r.Builds, func(a, b Built) int {
		if a.CheckoutID != b.CheckoutID {
			return place[a.CheckoutID] - place[b.CheckoutID]
		}
		return strings.Compare(a.ID, b.ID)
	})
	return err
}

// readGroups reads the counts of a build as one text with separators, because for the
// driver of SQLite each value costs more than its contents.
func (r *Results) readGroups(ctx context.Context, db *DB, tx sqldb.Tx, ids []string) error {
	builds := make(map[string]*Built, len(r.Builds))
	for i := range r.Builds {
		builds[r.Builds[i].ID] = &r.Builds[i]
	}
	query := `
		SELECT build_id, string_agg(
			concat_ws('` + rollup.ValueSeparator + `', origin, suite, platform, compatible, lab, reason, status, n),
			'` + rollup.GroupSeparator + `')
		FROM test_counts
		WHERE ` + db.In("build_id", 1) + `
		GROUP BY build_id`
	var id, groups string
	return sqldb.Read(ctx, tx, query, []any{db.List(ids)}, []any{&id, &groups}, func() error {
		g := Group{Build: builds[id]}
		for text := range strings.SplitSeq(groups, rollup.GroupSeparator) {
			var suite, n string
			for _, value := range []*string{&g.Origin, &suite, &g.Platform, &g.Compatible, &g.Lab, &g.Reason, (*string)(&g.Status), &n} {
				*value, text, _ = strings.Cut(text, rollup.ValueSeparator)
			}
			var err error
			if g.N, err = strconv.ParseInt(n, 10, 64); err != nil {
				return err
			}
			g.Kind, g.Lab = rollup.KindOf(suite), facts.LabOf(g.Lab, g.Origin)
			r.Group(&g)
		}
		return nil
	})
}

func (r *Results) readObjectIssues(ctx context.Context, db *DB, tx sqldb.Tx, ids []string) error {
	var tests []string
	query := `
		SELECT issue_id, issue_version, kind, build_id, test_id, status
		FROM sightings
		WHERE build_id <> '' AND kind <> '' AND ` + db.In("build_id", 1) + `
		ORDER BY incident_id`
	var s ObjectIssue
	into := []any{&s.IssueID, &s.Version, (*string)(&s.Kind), &s.BuildID, &s.TestID, (*string)(&s.Status)}
	err := forEachRow(ctx, tx, query, []any{db.List(ids)}, into, func() {
		r.ObjectIssues = append(r.ObjectIssues, s)
		if s.TestID != "" {
			tests = append(tests, s.TestID)
		}
	})
	if err != nil {
		return err
	}
	// The sighting of an incident with a build and a test is of the test. The incident
	// is of the build as well.
	query = `
		SELECT s.issue_id, s.issue_version, k.build_id, k.status
		FROM incidents i
			JOIN sightings s ON s.incident_id = i.id
			JOIN counted_builds k ON k.build_id = i.build_id
		WHERE i.test_id IS NOT NULL AND k.checkout_id <> '' AND ` + db.In("i.build_id", 1) + `
		ORDER BY i.id`
	s = ObjectIssue{Kind: rollup.Builds}
	err = forEachRow(ctx, tx, query, []any{db.List(ids)}, []any{&s.IssueID, &s.Version, &s.BuildID, &s.Status}, func() {
		r.ObjectIssues = append(r.ObjectIssues, s)
	})
	if err != nil || !r.Tests || len(tests) == 0 {
		return err
	}
	known := make(map[string]*rollup.Test, len(tests))
	err = rollup.ReadTests(ctx, tx, db.Dialect, "id", tests, func(t *rollup.Test) error {
		known[t.ID] = t
		return nil
	})
	for i := range r.ObjectIssues {
		r.ObjectIssues[i].Test = known[r.ObjectIssues[i].TestID]
	}
	return err
}

// readTexts reads the texts of the issues in ObjectIssues.
func (r *Results) readTexts(ctx context.Context, db *DB, tx sqldb.Tx) error {
	var ids set
	for i := range r.ObjectIssues {
		ids.add(r.ObjectIssues[i].IssueID)
	}
	r.Texts = make(map[store.Key]IssueTexts)
	var key store.Key
	var texts IssueTexts
	query := "SELECT id, version, comment, report_url FROM issues WHERE " + db.In("id", 1)
	return forEachRow(ctx, tx, query, []any{db.List(ids.sorted())}, []any{&key.ID, &key.Version, &texts.Comment, &texts.ReportURL},
		func() { r.Texts[key] = texts })
}

// Durations returns how long builds took, in seconds. It leaves out builds without a
// duration.
func (db *DB) Durations(ctx context.Context, builds []string) (map[string]float64, error) {
	all := make(map[string]float64)
	var id string
	var seconds float64
	query := "SELECT id, duration FROM builds WHERE duration IS NOT NULL AND " + db.In("id", 1)
	err := db.read(ctx, "read builds", query, []any{db.List(builds)}, []any{&id, &seconds}, func() { all[id] = seconds })
	return all, err
}
