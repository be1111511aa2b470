// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/report"
)

// Built is a build, by all that it is counted by. Texts that are absent are "".
type Built struct {
	ID, CheckoutID, Origin                  string
	Status                                  report.Status
	Architecture, Compiler, ConfigName, Lab string // Lab as of facts.LabOf
	Start                                   int64  // microseconds since 1970, 0 for none
}

// Group is a number of tests of a build that are alike. Texts that are absent are "".
type Group struct {
	Build            *Built
	Kind             Kind // Boots or Tests
	Origin, Platform string
	Compatible       string // JSON list of strings
	Lab, Reason      string // Lab as of facts.LabOf
	Status           report.Status
	N                int64
}

// Sighting is an issue in a build, or in a test of it.
type Sighting struct {
	IssueID         string
	Version         int64
	Kind            Kind
	BuildID, TestID string // TestID is "" for a build's own
	Status          report.Status
	Test            *Test // nil where nobody asked for it
}

// Results are what belongs to checkouts, and what is wanted of that.
type Results struct {
	Checkouts []string
	Only      []string // the only builds of theirs that are wanted; nil for all
	// Group is called for the tests of the builds, build by build, with what it may
	// not keep; nil where nobody wants them.
	Group  func(*Group)
	Issues bool // Sightings are wanted, and Texts of the issues
	Tests  bool // and the tests that they are of

	Builds    []Built // in the order of the checkouts, by ID within one
	Sightings []Sighting
	Texts     map[IssueKey]IssueTexts
}

// IssueTexts are what an issue says of itself; nil where it says nothing.
type IssueTexts struct{ Comment, ReportURL *string }

// Read reads what is wanted, of one moment.
func (r *Results) Read(ctx context.Context, db *DB) error {
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		if err := r.readBuilds(ctx, &db.Dialect, tx); err != nil || len(r.Builds) == 0 {
			return err
		}
		ids := make([]string, len(r.Builds))
		builds := make(map[string]*Built, len(r.Builds))
		for i := range r.Builds {
			ids[i] = r.Builds[i].ID
			builds[ids[i]] = &r.Builds[i]
		}
		if r.Group != nil {
			if err := r.readGroups(ctx, &db.Dialect, tx, ids, builds); err != nil {
				return err
			}
		}
		if !r.Issues {
			return nil
		}
		if err := r.readSightings(ctx, &db.Dialect, tx, ids); err != nil || len(r.Sightings) == 0 {
			return err
		}
		return r.readTexts(ctx, &db.Dialect, tx)
	})
	return db.Failure(ctx, "read results", err)
}

func (r *Results) readBuilds(ctx context.Context, d *Dialect, tx Tx) error {
	args, only := []any{d.List(r.Checkouts)}, ""
	if r.Only != nil {
		args, only = append(args, d.List(r.Only)), " AND "+d.In("build_id", 2)
	}
	var b Built
	var status string
	err := Read(ctx, tx, "SELECT build_id, checkout_id, origin, status, architecture, compiler, config_name, lab, start FROM counted_builds"+
		" WHERE checkout_id <> '' AND "+d.In("checkout_id", 1)+only, args,
		[]any{&b.ID, &b.CheckoutID, &b.Origin, &status, &b.Architecture, &b.Compiler, &b.ConfigName, &b.Lab, &b.Start}, func() error {
			b.Status, b.Lab = report.Status(status), facts.LabOf(b.Lab, b.Origin)
			r.Builds = append(r.Builds, b)
			return nil
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

// Groups of a build are read as one text, for to the driver of SQLite a value costs
// more than what is in it. These stand between values, and between groups; what tests
// are counted by is without them.
const betweenValues, betweenGroups = "\x1f", "\x1e"

// plain returns a text without what stands between values.
func plain(text string) string {
	if !strings.ContainsAny(text, betweenValues+betweenGroups) {
		return text
	}
	return strings.NewReplacer(betweenValues, "", betweenGroups, "").Replace(text)
}

func (r *Results) readGroups(ctx context.Context, d *Dialect, tx Tx, ids []string, builds map[string]*Built) error {
	var id, groups string
	return Read(ctx, tx, "SELECT build_id, string_agg(concat_ws('"+betweenValues+"', origin, suite, platform, compatible, lab, reason, status, n), '"+
		betweenGroups+"') FROM test_counts WHERE "+d.In("build_id", 1)+" GROUP BY build_id",
		[]any{d.List(ids)}, []any{&id, &groups}, func() error {
			g := Group{Build: builds[id]}
			for text := range strings.SplitSeq(groups, betweenGroups) {
				var suite, status, n string
				for _, value := range []*string{&g.Origin, &suite, &g.Platform, &g.Compatible, &g.Lab, &g.Reason, &status, &n} {
					*value, text, _ = strings.Cut(text, betweenValues)
				}
				var err error
				if g.N, err = strconv.ParseInt(n, 10, 64); err != nil {
					return err
				}
				g.Kind, g.Status, g.Lab = KindOf(suite), report.Status(status), facts.LabOf(g.Lab, g.Origin)
				r.Group(&g)
			}
			return nil
		})
}

func (r *Results) readSightings(ctx context.Context, d *Dialect, tx Tx, ids []string) error {
	var s Sighting
	var kind, status string
	var tests []string
	err := Read(ctx, tx, "SELECT issue_id, issue_version, kind, build_id, test_id, status FROM sightings WHERE build_id <> '' AND kind <> '' AND "+
		d.In("build_id", 1)+" ORDER BY incident_id", []any{d.List(ids)},
		[]any{&s.IssueID, &s.Version, &kind, &s.BuildID, &s.TestID, &status}, func() error {
			s.Kind, s.Status = Kind(kind), report.Status(status)
			r.Sightings = append(r.Sightings, s)
			if s.TestID != "" {
				tests = append(tests, s.TestID)
			}
			return nil
		})
	if err != nil {
		return err
	}
	// Incidents that name a build and a test are of both.
	err = Read(ctx, tx, "SELECT s.issue_id, s.issue_version, k.build_id, k.status FROM incidents i JOIN sightings s ON s.incident_id = i.id"+
		" JOIN counted_builds k ON k.build_id = i.build_id WHERE i.test_id IS NOT NULL AND k.checkout_id <> '' AND "+d.In("i.build_id", 1)+" ORDER BY i.id",
		[]any{d.List(ids)}, []any{&s.IssueID, &s.Version, &s.BuildID, &status}, func() error {
			s.Kind, s.TestID, s.Status = Builds, "", report.Status(status)
			r.Sightings = append(r.Sightings, s)
			return nil
		})
	if err != nil || !r.Tests || len(tests) == 0 {
		return err
	}
	known := make(map[string]*Test, len(tests))
	err = d.testsBy(ctx, tx, "id", tests, func(t *Test) error {
		known[t.ID] = t
		return nil
	})
	for i := range r.Sightings {
		r.Sightings[i].Test = known[r.Sightings[i].TestID]
	}
	return err
}

// readTexts reads the texts of the issues that were seen.
func (r *Results) readTexts(ctx context.Context, d *Dialect, tx Tx) error {
	ids := make(set)
	for i := range r.Sightings {
		ids.add(r.Sightings[i].IssueID)
	}
	r.Texts = make(map[IssueKey]IssueTexts)
	var key IssueKey
	var texts IssueTexts
	return Read(ctx, tx, "SELECT id, version, comment, report_url FROM issues WHERE "+d.In("id", 1), []any{d.List(ids.sorted())},
		[]any{&key.ID, &key.Version, &texts.Comment, &texts.ReportURL}, func() error { r.Texts[key] = texts; return nil })
}

// Durations returns how long builds took, in seconds, of those that tell.
func (db *DB) Durations(ctx context.Context, builds []string) (map[string]float64, error) {
	all := make(map[string]float64)
	var id string
	var seconds float64
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT id, duration FROM builds WHERE duration IS NOT NULL AND "+db.In("id", 1), []any{db.List(builds)},
			[]any{&id, &seconds}, func() error { all[id] = seconds; return nil })
	})
	return all, db.Failure(ctx, "read builds", err)
}

// Counts are numbers of builds, boots and tests by their status.
type Counts map[Kind]map[report.Status]int64

// readCounts adds what belongs to checkouts to their counts.
func (d *Dialect) readCounts(ctx context.Context, tx Tx, checkouts []string, of func(checkout string) Counts) error {
	var checkout, kind, status string
	var n int64
	return Read(ctx, tx, "SELECT checkout_id, kind, status, n FROM checkout_counts WHERE "+d.In("checkout_id", 1), []any{d.List(checkouts)},
		[]any{&checkout, &kind, &status, &n}, func() error {
			counts := of(checkout)
			if counts[Kind(kind)] == nil {
				counts[Kind(kind)] = make(map[report.Status]int64)
			}
			counts[Kind(kind)][report.Status(status)] += n
			return nil
		})
}

// CheckoutCounts returns what belongs to each of some checkouts.
func (db *DB) CheckoutCounts(ctx context.Context, checkouts []string) (map[string]Counts, error) {
	all := make(map[string]Counts, len(checkouts))
	for _, id := range checkouts {
		all[id] = make(Counts)
	}
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		return db.readCounts(ctx, tx, checkouts, func(id string) Counts { return all[id] })
	})
	return all, db.Failure(ctx, "count checkouts", err)
}

// headOf is the ID of the newest checkout of the tree of a row "h" of tree_heads that
// started by the moment that the parameter is. The head itself is mostly that; the
// clock of who checked it out may be wrong, though, and must not hide the tree.
func headOf(parameter int) string {
	return fmt.Sprintf("CASE WHEN h.start <= $%[1]d THEN h.checkout_id ELSE (SELECT k.checkout_id FROM counted_checkouts k"+
		" WHERE k.tree = h.key AND k.start <= $%[1]d ORDER BY k.start DESC, k.checkout_id DESC LIMIT 1) END", parameter)
}

// TreeHeads returns the newest checkout of each tree of an origin of those that
// started between two moments, in microseconds since 1970, the newest first.
func (db *DB) TreeHeads(ctx context.Context, origin string, after, until int64) (all []Revision, err error) {
	var r Revision
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT "+db.revisionColumns()+" FROM tree_heads h JOIN checkouts c ON c.id = "+headOf(2)+
			" WHERE h.start >= $1 AND h.origin = $3", []any{after, until, origin}, r.into(), func() error {
			if r.Start >= after {
				all = append(all, r)
			}
			return nil
		})
	})
	slices.SortFunc(all, newestFirst)
	return all, db.Failure(ctx, "read trees", err)
}

// CheckoutsOf says which checkouts are wanted; "" is any. A repository may be named
// by any of its URLs.
type CheckoutsOf struct {
	Commits               []string // their hashes; nil for any
	Origin, RepositoryURL string
	Branch                string
	After, Until          int64 // when they started, in microseconds since 1970; 0 for any time, and none
}

// condition returns the condition on a checkout "c", with its parameters.
func (of *CheckoutsOf) condition(ctx context.Context, d *Dialect, tx Tx) (string, []any, error) {
	conditions, args := []string{"true"}, []any{}
	add := func(arg any, condition func(parameter int) string) {
		args = append(args, arg)
		conditions = append(conditions, condition(len(args)))
	}
	column := func(name string) string {
		if of.Commits != nil {
			return Text(name) // no index is used for it: those of commits are few, those of a branch are not
		}
		return name
	}
	if of.Commits != nil {
		add(d.List(of.Commits), func(n int) string { return d.In("c.git_commit_hash", n) })
	}
	if of.Origin != "" {
		add(of.Origin, func(n int) string { return equals(column("c.origin"), n) })
	}
	if of.RepositoryURL != "" {
		urls, err := d.spellings(ctx, tx, of.RepositoryURL)
		if err != nil {
			return "", nil, err
		}
		condition, arg := d.isRepository(column("c.git_repository_url"), urls, len(args)+1)
		conditions, args = append(conditions, condition), append(args, arg)
	}
	if of.Branch != "" {
		add(of.Branch, func(n int) string { return equals(column("c.git_repository_branch"), n) })
	}
	if of.After != 0 {
		add(of.After, func(n int) string { return "c.start_time >= " + d.Moment(n) })
	}
	if of.Until != 0 {
		add(of.Until, func(n int) string { return "c.start_time <= " + d.Moment(n) })
	}
	return strings.Join(conditions, " AND "), args, nil
}

// equals returns the condition that an expression is the parameter with the number.
func equals(expression string, parameter int) string {
	return fmt.Sprintf("%s = $%d", expression, parameter)
}

// Checkouts returns the checkouts that are wanted, those that started last first. It
// is for those of commits, which are few.
func (db *DB) Checkouts(ctx context.Context, of CheckoutsOf) (all []Revision, err error) {
	var r Revision
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		condition, args, err := of.condition(ctx, &db.Dialect, tx)
		if err != nil {
			return err
		}
		return Read(ctx, tx, "SELECT "+db.revisionColumns()+" FROM checkouts c WHERE "+condition, args, r.into(),
			func() error { all = append(all, r); return nil })
	})
	slices.SortFunc(all, newestFirst)
	return all, db.Failure(ctx, "read checkouts", err)
}

// Branch returns the checkouts of a branch that are wanted and started at a time, at
// most some of them, those that started last first.
func (db *DB) Branch(ctx context.Context, of CheckoutsOf, most int) (all []Revision, err error) {
	var r Revision
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		condition, args, err := of.condition(ctx, &db.Dialect, tx)
		if err != nil {
			return err
		}
		return Read(ctx, tx, "SELECT "+db.revisionColumns()+" FROM checkouts c WHERE c.start_time IS NOT NULL AND "+condition+
			fmt.Sprintf(" ORDER BY c.start_time DESC, c.id DESC LIMIT %d", most), args, r.into(),
			func() error { all = append(all, r); return nil })
	})
	return all, db.Failure(ctx, "read a branch", err)
}

// TreesOf returns the newest checkouts of the trees of a branch that started by a
// moment, in microseconds since 1970, as an origin has them, the newest first.
func (db *DB) TreesOf(ctx context.Context, origin, branch string, until int64) (all []Revision, err error) {
	var r Revision
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT "+db.revisionColumns()+" FROM tree_heads h JOIN checkouts c ON c.id = "+headOf(3)+
			" WHERE h.branch = $1 AND h.origin = $2", []any{branch, origin, until}, r.into(), func() error { all = append(all, r); return nil })
	})
	slices.SortFunc(all, newestFirst)
	return all, db.Failure(ctx, "read trees", err)
}
