// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// maxRows limits the rows of results, and of causes, that are kept of a revision: the worst
// ones. Counts are of all.
const maxRows = 50_000

// judgement is the work of judging a revision on a branch.
type judgement struct {
	reader
	cache map[string]faultOf

	place
	branch  int64
	tree    string
	version int64
	commit

	now       []build // its builds
	earlier   []earlierRevision
	variants  map[variant]*judged
	results   []single // without tests that passed, unless their variants need them
	tests     []groupCount
	counts    map[countRow]int64 // by row without n
	totals    map[rollup.Kind]verdict.Counts
	rows      []resultRow
	causes    []causeRow
	numCauses verdict.Counts
}

// earlierRevision is an earlier revision of the branch.
type earlierRevision struct {
	place
	hash   string
	builds []build
	failed map[variant]verdict.Outcome // of variants that did not simply pass
	passed map[variant]bool            // as far as they were looked up
}

// judged is a variant of the revision.
type judged struct {
	outcome verdict.Outcome // at the revision
	results []verdict.Result
	earlier verdict.Outcome // at the newest earlier revision where it is conclusive
	since   sinceRow        // if it fails
	verdict verdict.Kind
}

// find finds the newest revision that waits and does not rest after a moment.
func (j *judgement) find(ctx context.Context, due int64) (found bool, err error) {
	query := `
		SELECT v.key, v.branch, b.tree, v.start, v.version, v.commit_hash, v.patchset_hash
		FROM revisions v JOIN branches b ON b.key = v.branch
		WHERE v.key = (SELECT key FROM revisions WHERE version > done AND due <= $1 ORDER BY start DESC, key DESC LIMIT 1)`
	return sqldb.ReadRow(ctx, j, query, []any{due}, &j.key, &j.branch, &j.tree, &j.start, &j.version, &j.hash, &j.patchset)
}

// read reads what the judgement of the revision needs.
func (j *judgement) read(ctx context.Context) error {
	builds, err := j.builds(ctx, []string{j.hash}, j.patchset)
	if err != nil {
		return err
	}
	j.now = builds[j.hash]
	for _, step := range []func(context.Context) error{j.readResults, j.readEarlier, j.addPassed, j.lookBack, j.judge, j.count} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readResults reads the builds of the revision, the tests that did not pass, and the issues
// that were seen in them.
func (j *judgement) readResults(ctx context.Context) (err error) {
	ofBuilds, err := j.ofBuilds(ctx, j.now, j.Excerpt(store.Builds))
	if err != nil {
		return err
	}
	failed, err := j.failed(ctx, j.now, wholeResult)
	if err != nil {
		return err
	}
	j.results = append(ofBuilds, failed...)
	j.tests, err = j.groups(ctx, j.now)
	return err
}

// readEarlier reads the earlier revisions that the revision is compared with, and what
// failed there. A revision of no tree is compared with none.
func (j *judgement) readEarlier(ctx context.Context) error {
	if j.tree == "" {
		return nil
	}
	var e earlierRevision
	var hashes []string
	query := fmt.Sprintf(`
		SELECT key, start, commit_hash FROM revisions
		WHERE branch = $1 AND patched = 0 AND (start, key) < ($2, $3)
		ORDER BY start DESC, key DESC LIMIT %d`, Window)
	err := sqldb.Read(ctx, j, query, []any{j.branch, j.start, j.key}, []any{&e.key, &e.start, &e.hash}, func() error {
		j.earlier, hashes = append(j.earlier, e), append(hashes, e.hash)
		return nil
	})
	if err != nil || len(hashes) == 0 {
		return err
	}
	builds, err := j.builds(ctx, hashes, "")
	if err != nil {
		return err
	}
	var all []build
	for i := range j.earlier {
		j.earlier[i].builds = builds[j.earlier[i].hash]
		all = append(all, j.earlier[i].builds...)
	}
	failed, err := j.failed(ctx, all, outcomeOnly)
	if err != nil {
		return err
	}
	ofBuilds, err := j.ofBuilds(ctx, all, "''")
	if err != nil {
		return err
	}
	at := make(map[string]*earlierRevision) // by build
	for i := range j.earlier {
		e := &j.earlier[i]
		e.failed, e.passed = make(map[variant]verdict.Outcome), make(map[variant]bool)
		for _, b := range e.builds {
			at[b.id] = e
		}
	}
	for _, s := range append(ofBuilds, failed...) {
		at[s.buildID].add(s)
	}
	return nil
}

// add adds a result to the outcomes of an earlier revision.
func (e *earlierRevision) add(s single) {
	if s.outcome == verdict.Passed {
		e.passed[s.variant] = true
	} else {
		e.failed[s.variant] = e.failed[s.variant].And(s.outcome)
	}
}

// outcome returns the outcome of a variant at an earlier revision.
func (e *earlierRevision) outcome(v variant) verdict.Outcome {
	if o := e.failed[v]; !e.passed[v] {
		return o
	} else {
		return o.And(verdict.Passed)
	}
}

// addPassed adds the tests that passed of the variants that failed here too, or failed at an
// earlier revision.
func (j *judgement) addPassed(ctx context.Context) error {
	wanted := make(map[variant]bool)
	for i := range j.results {
		wanted[j.results[i].variant] = true
	}
	for i := range j.earlier {
		for v, o := range j.earlier[i].failed {
			if o.Conclusive() {
				wanted[v] = true
			}
		}
	}
	passed, err := j.passed(ctx, j.now, wanted, wholeResult)
	if err != nil {
		return err
	}
	j.results = append(j.results, passed...)
	issues, err := j.issues(ctx, j.now)
	if err != nil {
		return err
	}
	j.variants = make(map[variant]*judged)
	for i := range j.results {
		s := &j.results[i]
		s.issue = issues[issueKey(s.kind, s.id)]
		v := j.variants[s.variant]
		if v == nil {
			v = new(judged)
			j.variants[s.variant] = v
		}
		v.outcome = v.outcome.And(s.outcome)
		v.results = append(v.results, verdict.Result{Status: s.status, HarnessError: s.harness, Issue: s.issue.id != ""})
	}
	return nil
}

// lookBack finds the outcomes of variants at the earlier revisions, the newest first. It
// stops if all variants are settled: a variant that passes at the first conclusive revision,
// a variant that fails where it passed, because the revision behind is the first failure.
func (j *judgement) lookBack(ctx context.Context) error {
	open := make(map[variant]bool)
	for v, of := range j.variants {
		if of.outcome == verdict.Failed || of.outcome == verdict.Passed {
			open[v] = true
			of.since = sinceRow{j.key, 1}
		}
	}
	for i := range j.earlier {
		if len(open) == 0 {
			return nil
		}
		e := &j.earlier[i]
		passed, err := j.passed(ctx, e.builds, open, outcomeOnly)
		if err != nil {
			return err
		}
		for _, s := range passed {
			e.add(s)
		}
		for v := range open {
			if j.variants[v].compare(e, e.outcome(v)) {
				delete(open, v)
			}
		}
	}
	return nil
}

// compare compares a variant with its outcome at the next earlier revision. It reports
// whether still earlier ones do not matter.
func (of *judged) compare(e *earlierRevision, o verdict.Outcome) (settled bool) {
	if !o.Conclusive() {
		return false
	}
	if of.earlier == verdict.Nothing {
		of.earlier = o
	}
	switch {
	case of.outcome == verdict.Passed:
		return true
	case o == verdict.Passed:
		of.since.open = 0
		return true
	}
	of.since.revision = e.key
	return false
}

// judge gives each result its verdict, and finds out why results failed.
func (j *judgement) judge(ctx context.Context) error {
	for _, of := range j.variants {
		of.verdict = verdict.Judge(of.results, of.earlier)
	}
	var kept []*single
	for i := range j.results {
		s := &j.results[i]
		if hasRow(j.verdictOf(s)) {
			kept = append(kept, s)
		}
	}
	var failed []*single
	for _, s := range kept {
		if s.outcome != verdict.Passed {
			failed = append(failed, s)
		}
	}
	faults, err := j.faults(ctx, failed, j.cache)
	if err != nil {
		return err
	}
	for _, s := range kept {
		j.rows = append(j.rows, j.row(s, faults[s]))
	}
	slices.SortFunc(j.rows, resultRow.compare)
	j.shareCauses()
	j.findCauses()
	j.rows = j.rows[:min(len(j.rows), maxRows)]
	return nil
}

func (j *judgement) verdictOf(s *single) verdict.Kind {
	return j.variants[s.variant].verdict.Of(s.outcome)
}

// row returns the row of a result.
func (j *judgement) row(s *single, fault faultOf) resultRow {
	k := j.verdictOf(s)
	r := resultRow{
		revision: j.key, verdict: int64(k.Rank()), path: s.path, id: s.id, kind: string(s.kind), platform: s.platform,
		architecture: s.architecture, config: s.config, compiler: s.compiler, lab: s.lab, origin: s.origin, status: string(s.status),
		title: fault.title, fault: fault.line, issue: s.issue, start: j.start,
	}
	if k == verdict.New || k == verdict.Still {
		r.since = j.variants[s.variant].since
	}
	r.cause = r.causeKey(k)
	return r
}

func (r resultRow) compare(other resultRow) int {
	return cmp.Or(cmp.Compare(r.verdict, other.verdict), strings.Compare(r.path, other.path), strings.Compare(r.id, other.id),
		strings.Compare(r.kind, other.kind))
}

// causeKey returns the key of the cause of a result: results with equal keys have the same
// cause.
func (r *resultRow) causeKey(k verdict.Kind) int64 {
	key := []string{string(k)}
	switch {
	case k == verdict.Known && r.issue.id != "":
		key = append(key, "issue", r.issue.id, fmt.Sprint(r.issue.version))
	case r.title != "":
		key = append(key, "title", r.title)
	case k == verdict.Lab:
		key = append(key, "lab", r.lab, verdict.Mask(r.fault))
	case r.kind != string(rollup.Builds):
		key = append(key, "test", r.path, verdict.Mask(r.fault))
	case r.fault != "":
		key = append(key, "build", verdict.Mask(r.fault))
	default:
		key = append(key, "build", r.architecture, r.config)
	}
	return rollup.HashOf(key...)
}

// variant returns the variant of a result.
func (r *resultRow) variant() variant {
	return variant{rollup.Kind(r.kind), r.path, r.platform, built{r.architecture, r.config, r.compiler}}
}

// shareCauses gives the passing results of each flaky variant the cause of its first failing
// result.
func (j *judgement) shareCauses() {
	causes := make(map[variant]int64)
	for i := range j.rows {
		r := &j.rows[i]
		if v := r.variant(); r.verdict == int64(verdict.Flaky.Rank()) && !r.passes() && causes[v] == 0 {
			causes[v] = r.cause
		}
	}
	for i := range j.rows {
		if r := &j.rows[i]; r.verdict == int64(verdict.Flaky.Rank()) && r.passes() {
			r.cause = causes[r.variant()]
		}
	}
}

// passes reports whether the result passes.
func (r *resultRow) passes() bool {
	return verdict.OutcomeOf(report.Status(r.status), false) == verdict.Passed
}

// findCauses puts results with the same cause together. The rows are in order. A flaky cause
// counts its failing results only.
func (j *judgement) findCauses() {
	byKey := make(map[int64]*causeRow)
	variants := make(map[int64]map[variant]bool)
	starts := map[int64]place{j.key: j.place}
	for i := range j.earlier {
		starts[j.earlier[i].key] = j.earlier[i].place
	}
	for i := range j.rows {
		r := &j.rows[i]
		if r.verdict == int64(verdict.Flaky.Rank()) && r.passes() {
			continue
		}
		c := byKey[r.cause]
		if c == nil {
			c = &causeRow{
				revision: j.key, key: r.cause, verdict: r.verdict, kind: r.kind, title: r.title, fault: r.fault, path: r.path,
				platform: r.platform, architecture: r.architecture, config: r.config, compiler: r.compiler,
				since: r.since, issue: r.issue, example: r.id,
			}
			byKey[r.cause], variants[r.cause] = c, make(map[variant]bool)
		}
		if c.fault == "" {
			c.title, c.fault = r.title, r.fault
		}
		if r.since.revision != 0 && starts[r.since.revision].before(starts[c.since.revision]) {
			c.since = r.since
		}
		c.results++
		variants[r.cause][r.variant()] = true
	}
	j.numCauses = make(verdict.Counts)
	for key, c := range byKey {
		c.variants = int64(len(variants[key]))
		j.numCauses[verdict.Kinds[c.verdict]]++
		j.causes = append(j.causes, *c)
	}
	slices.SortFunc(j.causes, func(a, b causeRow) int {
		return cmp.Or(cmp.Compare(a.verdict, b.verdict), cmp.Compare(b.variants, a.variants), cmp.Compare(a.key, b.key))
	})
	j.causes = j.causes[:min(len(j.causes), maxRows)]
}

// count counts all results by verdict: tests that passed or were skipped by the numbers of
// their groups, and the others one by one.
func (j *judgement) count(context.Context) error {
	j.counts, j.totals = make(map[countRow]int64), make(map[rollup.Kind]verdict.Counts)
	for _, g := range j.tests {
		switch verdict.OutcomeOf(g.status, false) {
		case verdict.Passed:
			j.add(rollup.KindOf(g.name), g.name, verdict.OK, g.n)
		case verdict.Nothing:
			j.add(rollup.KindOf(g.name), g.name, verdict.Skip, g.n)
		}
	}
	for i := range j.results {
		s := &j.results[i]
		k, group := j.verdictOf(s), s.group()
		if s.kind != rollup.Builds && s.outcome == verdict.Passed { // it is counted in its group
			j.add(s.kind, group, verdict.OK, -1)
		}
		j.add(s.kind, group, k, 1)
	}
	return nil
}

// group returns the group of the second level.
func (s *single) group() string {
	if s.kind == rollup.Builds {
		return strings.ReplaceAll(s.architecture, ".", "_") + "." + s.config
	}
	first, rest, more := strings.Cut(s.path, ".")
	if !more {
		return first
	}
	second, _, _ := strings.Cut(rest, ".")
	return first + "." + second
}

// add adds to the counts of a group of the second level, of the first, and of the kind.
func (j *judgement) add(kind rollup.Kind, group string, k verdict.Kind, n int64) {
	row := countRow{revision: j.key, level: 2, name: group, kind: string(kind), verdict: int64(k.Rank())}
	j.counts[row] += n
	row.level, row.name = 1, facts.Suite(group)
	j.counts[row] += n
	if j.totals[kind] == nil {
		j.totals[kind] = make(verdict.Counts)
	}
	j.totals[kind][k] += n
}

// countRows returns the rows of the counts.
func (j *judgement) countRows() (rows []countRow) {
	for row, n := range j.counts {
		if row.n = n; n > 0 {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b countRow) int {
		return cmp.Or(cmp.Compare(a.level, b.level), strings.Compare(a.name, b.name), strings.Compare(a.kind, b.kind), cmp.Compare(a.verdict, b.verdict))
	})
	return rows
}

// write replaces the rows of the revision. The transaction holds JudgeLock. A judgement of an
// older version than the database has changes nothing.
func (j *judgement) write(ctx context.Context, tx sqldb.Tx, now, due int64) error {
	packed, causes := packCounts(j.totals), packCauses(j.numCauses)
	var done int64
	var changed bool
	query := "SELECT done, judged = 0 OR counts <> $2 OR causes <> $3 FROM revisions WHERE key = $1"
	found, err := sqldb.ReadRow(ctx, tx, query, []any{j.key, packed, causes}, &done, &changed)
	if err != nil || !found || done >= j.version {
		return err
	}
	for _, replace := range []func() (bool, error){
		func() (bool, error) { return countRows.replace(ctx, tx, j.Dialect, j.key, j.countRows()) },
		func() (bool, error) { return resultRows.replace(ctx, tx, j.Dialect, j.key, j.rows) },
		func() (bool, error) { return causeRows.replace(ctx, tx, j.Dialect, j.key, j.causes) },
	} {
		differs, err := replace()
		if err != nil {
			return err
		}
		changed = changed || differs
	}
	_, err = tx.Exec(ctx, `
		UPDATE revisions SET counts = $2, causes = $3, done = $4, judged = $5, due = $6,
			changed = CASE WHEN $7 THEN $5 ELSE changed END
		WHERE key = $1`, j.key, packed, causes, j.version, now, due, changed)
	return err
}
