// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Reading the results that a judgement needs. The statements find builds by checkouts,
// failed tests by the index of failed tests, and passed tests by the index of builds and
// paths; so they read what failed, and few of the tests that passed.

// built is how a kernel is built.
type built struct{ architecture, config, compiler string }

// variant is a build or test under the same conditions.
type variant struct {
	kind           rollup.Kind
	path, platform string // "" for a build
	built
}

// build is a build of a revision.
type build struct {
	id, origin, lab string
	status          report.Status
	built
}

// single is a result of a variant.
type single struct {
	variant
	id, buildID, origin, lab string
	status                   report.Status
	harness                  bool // the origin reports an error of the system that ran it
	outcome                  verdict.Outcome
	reason                   string // in the words of the origin
	excerpt                  string // as Dialect.Excerpt returns it
	issue                    issueRow
}

// reader reads the results of revisions.
type reader struct {
	sqldb.Tx
	sqldb.Dialect
	environments map[string]string // platforms, by the names of the contents with the environments
	platforms    rollup.Platforms
}

// builds returns the builds of revisions without the placeholders of builds, by commit. The
// commits have the same patches.
func (r *reader) builds(ctx context.Context, commits []string, patchset string) (map[string][]build, error) {
	query := `
		SELECT c.git_commit_hash, k.build_id, k.origin, k.status, k.architecture, k.config_name, k.compiler, k.lab
		FROM checkouts c JOIN counted_builds k ON k.checkout_id = c.id
		WHERE k.checkout_id <> '' AND ` + r.In("c.git_commit_hash", 1) + ` AND ` + r.Patchset("c") + ` = $2
		ORDER BY k.build_id`
	all := make(map[string][]build)
	var hash string
	var b build
	into := []any{&hash, &b.id, &b.origin, (*string)(&b.status), &b.architecture, &b.config, &b.compiler, &b.lab}
	err := sqldb.Read(ctx, r, query, []any{r.List(commits), patchset}, into, func() error {
		found := b
		found.lab = facts.LabOf(b.lab, b.origin)
		all[hash] = append(all[hash], found)
		return nil
	})
	return all, err
}

// idsOf returns the IDs of builds.
func idsOf(builds []build) []string {
	ids := make([]string, len(builds))
	for i := range builds {
		ids[i] = builds[i].id
	}
	return ids
}

// single returns the build itself as a result.
func (b *build) single() single {
	return single{
		variant: variant{kind: rollup.Builds, built: b.built}, id: b.id, buildID: b.id, origin: b.origin, lab: b.lab, status: b.status,
		outcome: verdict.OutcomeOf(b.status, false),
	}
}

// ofBuilds returns the builds themselves as results. It reads more of those that failed, with
// their excerpts as the expression has them.
func (r *reader) ofBuilds(ctx context.Context, builds []build, excerpt string) ([]single, error) {
	var all []single
	var failed []string
	for _, b := range builds {
		if rollup.IsDummy(b.id) {
			continue
		}
		all = append(all, b.single())
		if rollup.Fails(b.status) {
			failed = append(failed, b.id)
		}
	}
	if len(failed) == 0 {
		return all, nil
	}
	type texts struct{ misc, excerpt string }
	known := make(map[string]texts, len(failed))
	var id string
	var d texts
	query := "SELECT o.id, " + sqldb.Text("o.misc") + ", " + excerpt + " FROM builds o WHERE " + r.In("o.id", 1)
	err := sqldb.Read(ctx, r, query, []any{r.List(failed)}, []any{&id, &d.misc, &d.excerpt}, func() error { known[id] = d; return nil })
	for i := range all {
		if d, ok := known[all[i].id]; ok {
			all[i].excerpt = d.excerpt
			all[i].setMisc([]byte(d.misc))
		}
	}
	return all, err
}

// setMisc sets the outcome and the reason.
func (s *single) setMisc(misc []byte) {
	s.harness = facts.HarnessError(misc)
	s.outcome = verdict.OutcomeOf(s.status, s.harness)
	s.reason = facts.Reason(misc)
}

// details says how much of a test is read.
type details int

const (
	outcomeOnly    details = iota // what earlier revisions are compared by
	withoutExcerpt                // what a list of results has
	wholeResult                   // what the row of a result has
)

// failed returns the tests of builds that failed, had an error or are missing.
func (r *reader) failed(ctx context.Context, builds []build, much details) ([]single, error) {
	if len(builds) == 0 {
		return nil, nil
	}
	return r.tests(ctx, builds, much, "o.status IN ('FAIL', 'ERROR', 'MISS') AND "+r.In("o.build_id", 1), r.List(idsOf(builds)))
}

// pairsAtOnce limits the pairs of builds and paths in a statement.
const pairsAtOnce = 5_000

// passed returns the tests that passed among those of variants in builds.
func (r *reader) passed(ctx context.Context, builds []build, variants map[variant]bool, much details) (all []single, err error) {
	paths := make(map[built]map[string]bool)
	for v := range variants {
		if v.kind == rollup.Builds {
			continue
		}
		if paths[v.built] == nil {
			paths[v.built] = make(map[string]bool)
		}
		paths[v.built][v.path] = true
	}
	var pairs []object.ID
	for _, b := range builds {
		for path := range paths[b.built] {
			pairs = append(pairs, object.ID{b.id, path})
		}
	}
	for chunk := range slices.Chunk(pairs, pairsAtOnce) {
		condition := "o.status IN ('PASS', 'DONE') AND " + r.InIDs(pair, []string{"o.build_id", "o.path"}, 1)
		found, err := r.tests(ctx, builds, much, condition, r.IDs(pair, chunk)...)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if variants[s.variant] {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// pair is a type of IDs with two texts.
const pair = object.TypeRevision

// tests returns the tests "o" of builds that meet a condition.
func (r *reader) tests(ctx context.Context, builds []build, much details, condition string, args ...any) ([]single, error) {
	// Without the details, an error of the harness matters only where it decides.
	misc, excerpt := "CASE WHEN o.status = 'ERROR' THEN "+sqldb.Text("o.misc")+" ELSE '' END", "''"
	if much != outcomeOnly {
		misc = sqldb.Text("o.misc")
	}
	if much == wholeResult {
		excerpt = r.Excerpt(store.Tests)
	}
	byID := make(map[string]*build, len(builds))
	for i := range builds {
		byID[builds[i].id] = &builds[i]
	}
	query := `
		SELECT o.id, o.build_id, o.origin, ` + sqldb.Text("o.path") + `, ` + sqldb.Text("o.status") + `,
			` + sqldb.Text("o.environment_misc") + `, ` + misc + `, ` + excerpt + `
		FROM ` + r.Tests() + ` o
		WHERE ` + condition
	var all []single
	var environments []string
	var s single
	var environment, miscText string
	into := []any{&s.id, &s.buildID, &s.origin, &s.path, (*string)(&s.status), &environment, &miscText, &s.excerpt}
	err := sqldb.Read(ctx, r, query, args, into, func() error {
		t := s
		t.kind, t.built = rollup.KindOf(s.path), byID[s.buildID].built
		t.lab = facts.LabOf(facts.Lab([]byte(miscText)), s.origin)
		t.setMisc([]byte(miscText))
		all, environments = append(all, t), append(environments, environment)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := r.learn(ctx, environments); err != nil {
		return nil, err
	}
	for i := range all {
		all[i].platform = r.environments[environments[i]]
	}
	return all, nil
}

// maxPlatform limits the name of a platform, in bytes, because an index has it.
const maxPlatform = 500

// environmentsAtOnce limits the number of environments that are in memory.
const environmentsAtOnce = 500

// learn finds the platforms of environments that are not known yet.
func (r *reader) learn(ctx context.Context, names []string) error {
	missing := make(map[string]bool)
	for _, name := range names {
		if _, ok := r.environments[name]; !ok && name != "" {
			missing[name] = true
		}
	}
	if r.environments == nil {
		r.environments = make(map[string]string)
	}
	for chunk := range slices.Chunk(slices.Collect(maps.Keys(missing)), environmentsAtOnce) {
		contents, err := r.Contents(ctx, r, chunk)
		if err != nil {
			return err
		}
		for _, name := range chunk {
			r.environments[name] = verdict.FirstBytes(r.platforms.Of([]byte(contents[name])), maxPlatform)
		}
	}
	return nil
}

// groupCount is a number of tests of a group of the second level.
type groupCount struct {
	name   string
	status report.Status
	n      int64
}

// groups counts the tests of builds by group of the second level and status. This is the
// only statement of a judgement that looks at every test of the revision.
func (r *reader) groups(ctx context.Context, builds []build) (all []groupCount, err error) {
	if len(builds) == 0 {
		return nil, nil
	}
	query := `
		SELECT ` + r.Components("o.path") + `, ` + sqldb.Text("o.status") + `, count(*)
		FROM ` + r.Tests() + ` o
		WHERE ` + r.In("o.build_id", 1) + `
		GROUP BY 1, 2`
	var g groupCount
	err = sqldb.Read(ctx, r, query, []any{r.List(idsOf(builds))}, []any{&g.name, (*string)(&g.status), &g.n},
		func() error { all = append(all, g); return nil })
	return all, err
}

// issues returns the issues that were seen in builds and in their tests, one for each: the
// first by ID, in its newest version.
func (r *reader) issues(ctx context.Context, builds []build) (map[string]issueRow, error) {
	if len(builds) == 0 {
		return nil, nil
	}
	query := `
		SELECT kind, build_id, test_id, issue_id, issue_version
		FROM sightings
		WHERE build_id <> '' AND kind <> '' AND ` + r.In("build_id", 1)
	all := make(map[string]issueRow)
	var kind, buildID, testID string
	var issue issueRow
	into := []any{&kind, &buildID, &testID, &issue.id, &issue.version}
	err := sqldb.Read(ctx, r, query, []any{r.List(idsOf(builds))}, into, func() error {
		key := issueKey(rollup.Kind(kind), testID)
		if kind == string(rollup.Builds) {
			key = issueKey(rollup.Builds, buildID)
		}
		if was, ok := all[key]; !ok || issue.id < was.id || issue.id == was.id && issue.version > was.version {
			all[key] = issue
		}
		return nil
	})
	return all, err
}

// issueKey returns the key of a build or test among both.
func issueKey(kind rollup.Kind, id string) string {
	if kind == rollup.Builds {
		return "build " + id
	}
	return "test " + id
}

// excerptsAtOnce limits the number of excerpts, of 16 kB, that are in memory.
const excerptsAtOnce = 200

// faultOf is the line that says why a result failed.
type faultOf struct{ line, title string }

// faults finds the fault lines of results. It remembers them in a cache, because a
// revision is judged many times while its results arrive.
func (r *reader) faults(ctx context.Context, results []*single, cache map[string]faultOf) (map[*single]faultOf, error) {
	all := make(map[*single]faultOf, len(results))
	waiting := make(map[string][]*single) // by the names of contents
	for _, s := range results {
		text, isText := s.excerptText()
		cached, ok := cache[s.cacheKey()]
		switch {
		case ok:
			all[s] = cached
		case isText:
			all[s] = s.fault(text)
		default:
			waiting[s.excerpt] = append(waiting[s.excerpt], s)
		}
	}
	for chunk := range slices.Chunk(slices.Collect(maps.Keys(waiting)), excerptsAtOnce) {
		contents, err := r.Contents(ctx, r, chunk)
		if err != nil {
			return nil, err
		}
		for _, name := range chunk {
			for _, s := range waiting[name] {
				all[s] = s.fault(contents[name])
			}
		}
	}
	if len(cache) > maxFaults {
		clear(cache)
	}
	for _, s := range results {
		cache[s.cacheKey()] = all[s]
	}
	return all, nil
}

// maxFaults limits the number of fault lines that a judge remembers.
const maxFaults = 50_000

func (s *single) cacheKey() string {
	return fmt.Sprintf("%s %s %s\x00%s\x00%s", s.kind, s.id, s.path, s.excerpt, s.reason)
}

// excerptText returns the excerpt if it is not the name of a content.
func (s *single) excerptText() (text string, ok bool) {
	if s.excerpt == "" {
		return "", true
	}
	return s.excerpt[1:], s.excerpt[0] == '='
}

// fault returns the fault line in an excerpt, or else the reason that the origin names. A
// result that the harness spoiled has the reason first.
func (s *single) fault(excerpt string) faultOf {
	reason := verdict.FirstLine(s.reason)
	if s.outcome == verdict.LabTrouble && reason != "" {
		return faultOf{line: reason}
	}
	line, _, title := verdict.Fault(excerpt, s.path)
	if line == "" {
		line = reason
	}
	return faultOf{line, title}
}
