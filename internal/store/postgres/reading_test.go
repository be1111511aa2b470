// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/report"
)

// pythonRelations are the relations of the Python system's schema 5.3, with the
// types of their columns in their order, and their primary keys.
var pythonRelations = []struct{ name, columns, key string }{
	{"checkouts", `_timestamp timestamptz, id text, origin text, tree_name text, git_repository_url text, git_commit_hash text,
		git_commit_name text, git_repository_branch text, patchset_files jsonb, patchset_hash text, message_id text, comment text,
		start_time timestamptz, log_url text, log_excerpt varchar(16384), valid boolean, misc jsonb, git_commit_tags text[],
		git_commit_message text, git_repository_branch_tip boolean, origin_builds_finish_time timestamptz,
		origin_tests_finish_time timestamptz`, "id"},
	{"builds", `_timestamp timestamptz, checkout_id text, id text, origin text, comment text, start_time timestamptz, duration float8,
		architecture text, command text, compiler text, input_files jsonb, output_files jsonb, config_name text, config_url text,
		log_url text, log_excerpt varchar(16384), misc jsonb, status status`, "id"},
	{"tests", `_timestamp timestamptz, build_id text, id text, origin text, environment_comment text, environment_misc jsonb, path text,
		comment text, log_url text, log_excerpt varchar(16384), status status, start_time timestamptz, duration float8,
		output_files jsonb, misc jsonb, environment_compatible text[], number_value float8, number_unit text,
		number_prefix unit_prefix, input_files jsonb`, ""},
	{"issues", `_timestamp timestamptz, id text, version integer, origin text, report_url text, report_subject text, culprit_code boolean,
		culprit_tool boolean, culprit_harness boolean, comment text, misc jsonb, categories text[]`, "id, version"},
	{"incidents", `_timestamp timestamptz, id text, origin text, issue_id text, issue_version integer, build_id text, test_id text,
		present boolean, comment text, misc jsonb`, "id"},
}

// shortTypes are the names of types as people write them.
var shortTypes = strings.NewReplacer("timestamp with time zone", "timestamptz", "double precision", "float8", "character varying", "varchar")

// queryColumn returns the values of the one column that a query answers with.
func queryColumn[T any](t testing.TB, s *Store, query string, args ...any) []T {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), query, args...)
	if err == nil {
		var values []T
		if values, err = pgx.CollectRows(rows, pgx.RowTo[T]); err == nil {
			return values
		}
	}
	t.Fatalf("%v\nof %s", err, query)
	return nil
}

// TestRelations has the Python system's relations, on the default search_path,
// with our columns behind theirs.
func TestRelations(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	for _, r := range pythonRelations {
		var want []string
		for column := range strings.SplitSeq(r.columns, ",") {
			want = append(want, strings.Join(strings.Fields(column), " "))
		}
		got := queryColumn[string](t, s, `SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
			WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, r.name)
		for i := range got {
			got[i] = shortTypes.Replace(got[i])
		}
		if diff := cmp.Diff(want, got[:min(len(want), len(got))]); diff != "" {
			t.Errorf("%s: -want +got:\n%s", r.name, diff)
		}
		key := strings.Join(queryColumn[string](t, s, `SELECT attname::text FROM pg_index, unnest(indkey) WITH ORDINALITY AS k(attnum, n)
			JOIN pg_attribute USING (attnum) WHERE indisprimary AND indrelid = $1::regclass AND attrelid = indrelid ORDER BY n`, r.name), ", ")
		if key != r.key {
			t.Errorf("the primary key of %s is %s, want %s", r.name, key, r.key)
		}
	}
	for name, want := range map[string]string{"status": "FAIL ERROR MISS PASS DONE SKIP", "unit_prefix": "metric binary"} {
		if got := strings.Join(queryColumn[string](t, s, "SELECT enumlabel::text FROM pg_enum WHERE enumtypid = $1::regtype ORDER BY enumsortorder", name), " "); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// library is a report whose objects have values in most of their fields.
func library() *report.Report {
	start := new(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	r := &report.Report{
		Checkouts: []report.Checkout{
			{ID: "a:none", Origin: "a", GitCommitHash: new("c1"), TreeName: new("mainline"), StartTime: start},
			{ID: "a:given", Origin: "a", GitCommitHash: new("c2"), PatchsetHash: new("p2")},
			{ID: "a:empty", Origin: "a", GitCommitHash: new("c3"), PatchsetHash: new("")},
			{ID: "a:files", Origin: "a", GitCommitHash: new("c4"), PatchsetFiles: []report.Resource{{Name: "1", URL: "https://example.org/1"}}},
			{ID: "a:unknown", Origin: "a"},
		},
		Builds: []report.Build{
			{ID: "a:pass", Origin: "a", CheckoutID: "a:none", Status: new(report.StatusPass), Architecture: new("x86_64"), LogURL: new("https://example.org/pass")},
			{ID: "a:fail", Origin: "a", CheckoutID: "a:none", Status: new(report.StatusFail), LogURL: new("https://example.org/fail")},
			{ID: "a:skip", Origin: "a", CheckoutID: "a:none", Status: new(report.StatusSkip)},
			{ID: "b:none", Origin: "b", CheckoutID: "a:none"},
		},
		Issues: []report.Issue{
			{ID: "logspec:1", Version: 1, Origin: "logspec", Misc: json.RawMessage(`{"logspec": {"error": {"signature_loc": "abc"}}}`)},
			{ID: "logspec:2", Version: 1, Origin: "logspec", Misc: json.RawMessage(`{"logspec": {"error": null}}`)},
			{ID: "other:1", Version: 1, Origin: "other"},
		},
		Incidents: []report.Incident{{ID: "a:1", Origin: "a", IssueID: "logspec:1", IssueVersion: 1, TestID: new("a:1")}},
	}
	for i, status := range []report.Status{report.StatusFail, report.StatusPass, report.StatusError, report.StatusMiss} {
		id := fmt.Sprintf("a:%d", i)
		r.Tests = append(r.Tests, report.Test{
			ID: id, Origin: "a", BuildID: "a:pass", Status: &status, Path: new("ltp." + id), LogURL: new("https://example.org/" + id), StartTime: start,
			Environment: &report.Environment{
				Comment: new("a board"), Misc: json.RawMessage(`{"platform": "rpi"}`), Compatible: []string{"raspberrypi,4", "brcm,bcm2711"},
			},
			Number:      &report.Number{Value: 1.5, Unit: new("s"), Prefix: new(report.Prefix("metric"))},
			OutputFiles: []report.Resource{{Name: "dump", URL: "https://example.org/dump"}}, Misc: json.RawMessage(`{"runtime": "lab"}`),
			LogExcerpt: new(strings.Repeat("é", 3000*i)),
		})
	}
	r.Tests = append(r.Tests, report.Test{ID: "a:little", Origin: "a", BuildID: "a:pass"}, report.Test{ID: "c:1", Origin: "c", BuildID: "a:fail",
		Status: new(report.StatusFail), LogURL: new("https://example.org/c")})
	return r
}

// TestSQL asks in SQL what people and programs ask the Python system's database.
func TestSQL(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	if _, err := s.Load(t.Context(), library(), store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	list := func(values ...string) string { return strings.Join(values, "\n") }
	for name, c := range map[string]struct {
		query string
		args  []any
		want  string
	}{
		"version":        {"SELECT get_version()::text", nil, "5003"},
		"cached URL":     {"SELECT format_cached_url('https://example.org/x') || coalesce(format_cached_url(NULL), ' none')", nil, "https://example.org/x none"},
		"first":          {"SELECT first(x) FROM (VALUES (NULL), ('b'), (NULL), ('c')) AS v(x)", nil, "b"},
		"last":           {"SELECT last(x) FROM (VALUES (NULL), ('b'), ('c'), (NULL)) AS v(x)", nil, "c"},
		"of nulls":       {"SELECT coalesce(first(x), 'none') || coalesce(last(x), 'none') FROM (VALUES (NULL::text), (NULL)) AS v(x)", nil, "nonenone"},
		"of other types": {"SELECT first(x ORDER BY x)::text || last(x ORDER BY x)::text FROM (VALUES (2), (1), (3)) AS v(x)", nil, "13"},
		"in groups": {"SELECT checkout_id || ' ' || first(architecture) || ' ' || count(*) FROM builds GROUP BY checkout_id", nil,
			"a:none x86_64 4"},
		"valid": {"SELECT id || ' ' || coalesce(valid::text, 'null') FROM builds ORDER BY id", nil,
			list("a:fail false", "a:pass true", "a:skip null", "b:none null")},
		"waived":   {"SELECT count(*)::text FROM tests WHERE NOT tests.waived", nil, "6"},
		"patchset": {"SELECT id FROM checkouts WHERE patchset_hash = '' ORDER BY id", nil, list("a:empty", "a:none")},
		"patchset of all": {"SELECT id || ' ' || coalesce(patchset_hash, 'null') FROM checkouts ORDER BY id", nil,
			list("a:empty ", "a:files null", "a:given p2", "a:none ", "a:unknown null")},
		"grouped by key": {`SELECT builds.id || ' ' || coalesce(builds.architecture, '') || ' ' || count(tests.id) FROM builds
			LEFT JOIN tests ON builds.id = tests.build_id GROUP BY builds.id ORDER BY builds.id`, nil,
			list("a:fail  1", "a:pass x86_64 5", "a:skip  0", "b:none  0")},
		"grouped by two keys": {`SELECT issues.id || ' ' || issues.origin || ' ' || count(incidents.id) FROM issues
			LEFT JOIN incidents ON issue_id = issues.id AND issue_version = version GROUP BY issues.id, version ORDER BY 1`, nil,
			list("logspec:1 logspec 1", "logspec:2 logspec 0", "other:1 other 0")},
		"environment": {`SELECT environment_misc->>'platform' || ' ' || environment_compatible[2] || ' ' || environment_comment || ' ' || number_value ||
			number_unit || number_prefix || ' ' || (output_files->0->>'url') || ' ' || (misc->>'runtime') FROM tests WHERE id = 'a:1'`, nil,
			"rpi brcm,bcm2711 a board 1.5smetric https://example.org/dump lab"},
		"compatible":   {"SELECT id FROM tests WHERE environment_compatible @> ARRAY['raspberrypi,4'] AND status = 'FAIL'", nil, "a:0"},
		"absent":       {"SELECT id FROM tests WHERE environment_misc IS NULL AND log_url IS NULL AND log_excerpt IS NULL AND environment_compatible IS NULL", nil, "a:little"},
		"excerpts":     {"SELECT id || ' ' || length(log_excerpt) FROM tests WHERE log_excerpt IS NOT NULL ORDER BY id", nil, list("a:0 0", "a:1 3000", "a:2 6000", "a:3 9000")},
		"excerpt like": {"SELECT id FROM tests WHERE log_excerpt LIKE 'éé%' AND status != 'PASS' ORDER BY id DESC LIMIT 1", nil, "a:3"},
		"rank": {`SELECT max(array_position(ARRAY['SKIP', 'DONE', 'PASS', 'MISS', 'ERROR', 'FAIL'], status::text) - 7 * CASE waived WHEN false THEN 0 ELSE 1 END)::text
			FROM tests WHERE status IS NOT NULL`, nil, "6"},

		// The query of logspec-worker.
		"logspec tests": {`SELECT id || ' ' || origin || ' ' || log_url || ' ' || coalesce(path, '') || ' ' || status FROM tests
			WHERE _timestamp > $1 AND log_url IS NOT NULL AND status != 'PASS' AND origin = ANY($2) ORDER BY id`,
			[]any{time.Now().Add(-time.Hour), []string{"a", "b"}},
			list("a:0 a https://example.org/a:0 ltp.a:0 FAIL", "a:2 a https://example.org/a:2 ltp.a:2 ERROR", "a:3 a https://example.org/a:3 ltp.a:3 MISS")},
		"logspec tests later": {"SELECT id FROM tests WHERE _timestamp > $1 AND log_url IS NOT NULL AND status != 'PASS' AND origin = ANY($2)",
			[]any{time.Now().Add(time.Hour), []string{"a", "b"}}, ""},
		"logspec builds": {"SELECT id FROM builds WHERE _timestamp > $1 AND log_url IS NOT NULL AND status != 'PASS' AND origin = ANY($2)",
			[]any{time.Now().Add(-time.Hour), []string{"a"}}, "a:fail"},
		"logspec issues": {"SELECT id || ' ' || version FROM issues WHERE misc->'logspec'->'error'->>'signature_loc' = $1 AND origin = $2",
			[]any{"abc", "logspec"}, "logspec:1 1"},
	} {
		if got := strings.Join(queryColumn[string](t, s, c.query, c.args...), "\n"); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	// All columns, as "SELECT *" has them, of a row that the dump agrees with: those of the
	// properties, and waived.
	rows, err := s.pool.Query(t.Context(), "SELECT * FROM tests WHERE id = 'a:1'")
	if err != nil {
		t.Fatal(err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToMap)
	if err != nil {
		t.Fatal(err)
	}
	if len(row) != len(tables[testsTable].Columns)+1 || row["log_url"] != "https://example.org/a:1" || row["status"] != "PASS" || row["waived"] != false {
		t.Errorf("the row is %v", row)
	}
}

// TestTemporaryFunction has a viewer define functions within a query, as the
// dashboards do.
func TestTemporaryFunction(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s, spec := initialized(t, server)
	if left, err := s.MakeRoles(t.Context()); err != nil || len(left) != 0 {
		t.Fatal(left, err)
	}
	server.Exec(t, "postgres", "CREATE ROLE reader LOGIN IN ROLE "+viewerRole)
	if _, err := s.Load(t.Context(), library(), store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), strings.TrimPrefix(withUser(spec, "reader"), "postgresql:"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	results, err := conn.PgConn().Exec(t.Context(), `
		CREATE FUNCTION pg_temp.TRUNCATE(text, int) RETURNS text LANGUAGE plpgsql AS $$
		BEGIN
			RETURN CASE WHEN length($1) > $2 THEN left($1, $2 - 1) || '…' ELSE $1 END;
		END $$;
		SELECT pg_temp.TRUNCATE(log_excerpt, 3) || pg_temp.TRUNCATE(path, 7) FROM tests WHERE id = 'a:1'`).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(results[1].Rows[0][0]); got != "éé…ltp.a:1" {
		t.Errorf("got %q", got)
	}
}

// TestPlans fills tables, and sees that steps along the graph, in SQL on the
// Python system's relations, do not read them as a whole.
func TestPlans(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	const builds, each = 400, 50
	r := &report.Report{}
	for b := range builds {
		id := fmt.Sprintf("a:%d", b)
		r.Checkouts = append(r.Checkouts, report.Checkout{ID: id, Origin: "a", GitCommitHash: new(fmt.Sprint("c", b)), StartTime: at(b)})
		r.Builds = append(r.Builds, report.Build{ID: id, Origin: "a", CheckoutID: id, StartTime: at(b)})
		r.Incidents = append(r.Incidents, report.Incident{ID: id, Origin: "a", IssueID: id, IssueVersion: 1, TestID: new(id + ".1")})
		r.Issues = append(r.Issues, report.Issue{ID: id, Version: 1, Origin: "a"})
		for i := range each {
			r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("%s.%d", id, i), Origin: "a", BuildID: id, Path: new(fmt.Sprintf("p.%d", b)), StartTime: at(b), LogURL: &id})
		}
	}
	if _, err := s.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	run(t, spec, "ANALYZE")
	for query, indexes := range map[string][]string{
		"SELECT * FROM tests WHERE id = 'a:1.1'":                                                                     {"test_rows_pkey"},
		"SELECT * FROM tests WHERE build_id = 'a:1'":                                                                 {"test_rows_build_path"},
		"SELECT * FROM tests WHERE path = 'p.1'":                                                                     {"test_rows_path"},
		"SELECT * FROM tests WHERE id = ANY('{a:1.1,a:2.2}')":                                                        {"test_rows_pkey"},
		"SELECT * FROM tests WHERE _timestamp > now()":                                                               {"test_rows_timestamp"},
		"SELECT * FROM tests WHERE start_time < '2026-01-02Z'":                                                       {"test_rows_start"},
		"SELECT * FROM builds WHERE checkout_id = 'a:1'":                                                             {"builds_checkout"},
		"SELECT * FROM incidents WHERE test_id = 'a:1.1'":                                                            {"incidents_test"},
		"SELECT * FROM checkouts WHERE git_commit_hash = 'c7'":                                                       {"checkouts_revision"},
		"SELECT * FROM builds WHERE start_time < '2026-01-02Z'":                                                      {"builds_start"},
		"SELECT tests.id, config_name FROM tests JOIN builds ON builds.id = tests.build_id WHERE tests.id = 'a:1.1'": {"test_rows_pkey", "builds_pkey"},
		`SELECT tests.* FROM checkouts JOIN builds ON builds.checkout_id = checkouts.id JOIN tests ON tests.build_id = builds.id
			WHERE git_commit_hash = 'c7' AND patchset_hash = ''`: {"checkouts_revision", "builds_checkout", "test_rows_build_path"},
		`SELECT issues.*, tests.path, tests.log_url FROM incidents JOIN issues ON issues.id = issue_id AND issues.version = issue_version
			JOIN tests ON tests.id = test_id WHERE incidents.id = 'a:9'`: {"incidents_pkey", "issues_pkey", "test_rows_pkey"},
	} {
		plan := strings.Join(queryColumn[string](t, s, "EXPLAIN "+query), "\n")
		for _, index := range indexes {
			if !strings.Contains(plan, index) {
				t.Errorf("%s\nis done without %s:\n%s", query, index, plan)
			}
		}
		if strings.Contains(plan, "Seq Scan") && !onlySmall(plan) {
			t.Errorf("%s\nreads a table as a whole:\n%s", query, plan)
		}
	}
}

// onlySmall reports whether a plan reads only the tables of contents as a whole, which
// are small in this test.
func onlySmall(plan string) bool {
	return !slices.ContainsFunc(strings.Split(plan, "\n"), func(line string) bool {
		return strings.Contains(line, "Seq Scan") && !strings.Contains(line, " on contents")
	})
}
