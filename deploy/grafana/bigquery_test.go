// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	client "cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/testing/zetasql"
)

// rawTables creates the tables of a data set.
func rawTables(dataset string) (all []string) {
	types := map[columns.Kind]string{
		columns.Text: "STRING", columns.Version: "INT64", columns.Status: "STRING", columns.Prefix: "STRING", columns.Bool: "BOOL",
		columns.Float: "FLOAT64", columns.Time: "TIMESTAMP", columns.Texts: "ARRAY<STRING>",
		columns.Resources: "ARRAY<STRUCT<name STRING, url STRING>>", columns.Misc: "STRING",
	}
	for _, list := range store.Lists {
		var names []string
		table := columns.Of(list)
		for i, name := range table.Columns {
			names = append(names, name+" "+types[table.Kinds[i]])
		}
		all = append(all, fmt.Sprintf("CREATE TABLE p.%s.raw_%s (%s)", dataset, list, strings.Join(names, ", ")))
	}
	return all
}

// large matches a table that is too large to be read as a whole.
var large = regexp.MustCompile("raw_(builds|tests|incidents)`")

// TestBigQuerySQL analyzes all SQL as BigQuery does, and checks that it reads only the
// partitions of the period.
func TestBigQuerySQL(t *testing.T) {
	all := bigQueryEdition.dashboards(t)
	period := period{time.Unix(0, 0), time.Now()}
	var texts []zetasql.Text
	for uid, d := range all {
		for where, sql := range d.statements() {
			if reads, bounds := len(large.FindAllString(sql, -1)), strings.Count(sql, "WHERE _timestamp >= "); reads != bounds {
				t.Errorf("%s: %s reads %d large tables, and bounds the time of arrival %d times", uid, where, reads, bounds)
			}
			values := d.values(text("it's"))
			values[dataset] = text("kcidb")
			texts = append(texts, zetasql.Text{Name: uid + ": " + where, SQL: substitute(t, sql, values, period)})
		}
	}
	zetasql.Check(t, rawTables("kcidb"), texts)
}

// bigQuery is a data set with the sample's objects.
type bigQuery struct {
	client  *client.Client
	dataset string
}

func sampleInBigQuery(t *testing.T) bigQuery {
	t.Helper()
	spec := strings.TrimPrefix(bigquerytest.Spec(t), "bigquery:")
	s, err := bigquery.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), samples(t), store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	c, err := client.NewClient(t.Context(), bigquerytest.Project, google.HTTP(google.BigQueryEmulator, "/bigquery/v2/")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_, dataset, _ := strings.Cut(spec, ".")
	return bigQuery{c, dataset}
}

// run returns the names of the columns, and the rows as texts.
func (b bigQuery) run(t *testing.T, sql string) (names []string, rows [][]string, err error) {
	t.Helper()
	it, err := b.client.Query(sql).Read(t.Context())
	if err != nil {
		return nil, nil, err
	}
	for {
		var row []client.Value
		err := it.Next(&row)
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		var texts []string
		for _, value := range row {
			texts = append(texts, fmt.Sprint(value))
		}
		rows = append(rows, texts)
	}
	for _, f := range it.Schema {
		names = append(names, f.Name)
	}
	return names, rows, nil
}

// subjects returns the values of the variables that identify the object of a page, for
// some pages of the dashboard.
func (b bigQuery) subjects(t *testing.T, uid string) (all []values) {
	t.Helper()
	sql := map[string]string{
		"home":       "SELECT 1 AS none",
		"repository": "SELECT min(git_repository_url) AS repository FROM d.checkouts WHERE tree_name = 'mainline'",
		"branch": `SELECT DISTINCT git_repository_url AS repository, git_repository_branch AS branch
			FROM d.checkouts WHERE tree_name IN ('mainline', 'example')`,
		"revision": `(SELECT git_commit_hash, patchset_hash FROM d.checkouts GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1)
			UNION ALL SELECT git_commit_hash, patchset_hash FROM d.checkouts WHERE id = 'myci:patched'`,
		"checkout": `SELECT 'myci:patched' AS id UNION ALL SELECT min(id) FROM d.checkouts WHERE origin = 'maestro'`,
		"build": `SELECT 'myci:broken' AS id
			UNION ALL (SELECT build_id FROM d.tests GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)`,
		"test": `SELECT min(test_id) AS id FROM d.incidents
			UNION ALL SELECT min(id) FROM d.tests WHERE number_value IS NOT NULL
			UNION ALL SELECT min(id) FROM d.tests WHERE log_excerpt IS NOT NULL AND ARRAY_LENGTH(output_files) > 0`,
	}[strings.TrimPrefix(uid, bigQueryEdition.uids)]
	names, rows, err := b.run(t, strings.ReplaceAll(sql, " d.", " "+b.dataset+"."))
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d subjects, %v", uid, len(rows), err)
	}
	for _, row := range rows {
		subject := values{}
		for i, name := range names {
			subject[name] = text(row[i])
		}
		all = append(all, subject)
	}
	return all
}

// views are questions as clients and dashboards of the Python system ask them, with names
// of versions 4 and 5 of the report schema, and the first row of the answer.
var views = []struct{ sql, want string }{
	{"SELECT id, origin, git_commit_hash, patchset_hash, valid FROM d.checkouts WHERE id IN UNNEST(['myci:patched'])",
		"myci:patched|myci|" + strings.Repeat("1", 40) + "|" + strings.Repeat("3", 64) + "|false"},
	{"SELECT b.id, b.valid, b.status, b.architecture FROM d.builds b INNER JOIN d.checkouts c ON b.checkout_id = c.id WHERE c.id = 'myci:bad' ORDER BY b.id",
		"myci:bad|true|PASS|arm64"},
	{"SELECT id, git_commit_hash FROM d.checkouts WHERE patchset_hash = '' AND id = 'myci:bad'", "myci:bad|" + strings.Repeat("2", 40)},
	{"SELECT COUNTIF(NOT valid), COUNTIF(valid IS NULL) FROM d.builds WHERE origin = 'myci'", "1|0"},
	{`SELECT t.path, t.status, t.waived FROM d.tests AS t
		JOIN d.builds AS b ON t.build_id = b.id JOIN d.checkouts AS c ON b.checkout_id = c.id
		WHERE NOT t.waived AND t.status = 'FAIL' AND c.git_commit_hash = '` + strings.Repeat("2", 40) + "'", "boot|FAIL|false"},
	{"SELECT JSON_EXTRACT_SCALAR(environment_misc, '$.platform') FROM d.tests WHERE id = 'myci:elsewhere'", "qemu-arm64"},
	{"SELECT f.name, f.url FROM d.checkouts, UNNEST(patchset_files) AS f WHERE id = 'myci:patched'", "0001.patch|https://lore.example.org/1/raw"},
	{`SELECT i.issue_id, i.issue_version, s.report_subject, s.culprit_code FROM d.incidents i
		JOIN d.issues s ON s.id = i.issue_id AND s.version = i.issue_version WHERE i.build_id = 'myci:broken' AND i.present`,
		"myci:semicolon|1|A semicolon is missing|true"},
	{"SELECT COUNT(*) FROM d.tests WHERE _timestamp > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) AND origin = 'myci'", "3"},
}

// testViews asks the views of the data set.
func (b bigQuery) testViews(t *testing.T) {
	for _, v := range views {
		_, rows, err := b.run(t, strings.ReplaceAll(v.sql, " d.", " "+b.dataset+"."))
		if err != nil || len(rows) == 0 || strings.Join(rows[0], "|") != v.want {
			t.Errorf("%s: %v, %v, want %s", v.sql, rows, err, v.want)
		}
	}
}

// TestBigQueryAnswers runs all SQL on a test server of BigQuery. The answers are those of
// the PostgreSQL edition.
func TestBigQueryAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long")
	}
	b := sampleInBigQuery(t)
	t.Run("views", b.testViews)
	all := bigQueryEdition.dashboards(t)
	period := period{sample.DefaultSince.AddDate(0, 0, -1), time.Now().AddDate(0, 0, 1)}
	for uid, d := range all {
		rows := map[string]int{}
		for _, subject := range b.subjects(t, uid) {
			values := d.values(text(""))
			maps.Copy(values, subject)
			values[dataset] = text(b.dataset)
			for where, sql := range d.statements() {
				if rows[where] > 0 { // for another object
					continue
				}
				fields, found, err := b.run(t, substitute(t, sql, values, period))
				if err != nil {
					t.Errorf("%s: %s: %v", uid, where, err)
					continue
				}
				rows[where] += len(found)
				checkNames(t, uid+": "+where, fields)
				if i := slices.IndexFunc(d.Panels, func(p panel) bool { return "panel "+p.Title == where }); i >= 0 {
					checkFields(t, uid, &d.Panels[i], fields)
				}
			}
		}
		for where := range d.statements() {
			if rows[where] == 0 {
				t.Errorf("%s: %s: no rows for any of the sample's objects", uid, where)
			}
		}
	}
	for _, a := range answers {
		d := all[strings.Replace(a.uid, postgresEdition.uids, bigQueryEdition.uids, 1)]
		values := d.values(text(""))
		maps.Copy(values, a.subject)
		values[dataset] = text(b.dataset)
		_, rows, err := b.run(t, substitute(t, d.statements()["panel "+a.panel], values, period))
		if err != nil {
			t.Errorf("%s: %s: %v", a.uid, a.panel, err)
			continue
		}
		var got []string
		for _, row := range rows {
			got = append(got, strings.Join(row[:strings.Count(a.want[0], "|")+1], "|"))
		}
		if diff := cmp.Diff(a.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", a.uid, a.panel, diff)
		}
	}
}

// checkNames checks that names of columns differ in more than the case of letters.
func checkNames(t *testing.T, where string, names []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, name := range names {
		if seen[strings.ToLower(name)] {
			t.Errorf("%s: BigQuery refuses two columns named %q", where, name)
		}
		seen[strings.ToLower(name)] = true
	}
}
