// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"context"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/report"
)

// TestSQL runs all SQL of all dashboards as Grafana does: with macros and variables
// replaced, by the simple protocol, as a user who may read only the five relations.
func TestSQL(t *testing.T) {
	server := pgtest.Shared(t)
	params := strings.TrimPrefix(server.Database(t), "postgresql:")
	s, err := postgres.Open(params)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	conn := viewer(t, server, params)
	database := conn.Config().Database
	all := postgresEdition.dashboards(t)
	// The sample's objects start at DefaultSince, and arrive now.
	period := period{sample.DefaultSince.AddDate(0, 0, -1), time.Now().AddDate(0, 0, 1)}

	t.Run("empty", func(t *testing.T) {
		for uid, d := range all {
			for where, sql := range d.statements() {
				if _, _, err := run(t, conn, substitute(t, sql, d.values(text("")), period)); err != nil {
					t.Errorf("%s: %s: %v", uid, where, err)
				}
			}
		}
	})

	if _, err := s.Load(t.Context(), samples(t), store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	server.Exec(t, database, "ANALYZE")

	t.Run("all", func(t *testing.T) {
		for uid, d := range all {
			rows := map[string]int{}
			for _, subject := range subjects(t, conn, uid) {
				values := d.values(text(""))
				maps.Copy(values, subject)
				for where, sql := range d.statements() {
					fields, n, err := run(t, conn, substitute(t, sql, values, period))
					if err != nil {
						t.Errorf("%s: %s: %v", uid, where, err)
					}
					rows[where] += n
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
	})

	t.Run("answers", func(t *testing.T) { testAnswers(t, conn, all, period) })

	t.Run("chosen", func(t *testing.T) {
		chosen := values{
			"origin":       {texts: []string{"maestro", "redhat"}},
			"architecture": {texts: []string{"arm64", "x86_64"}},
			"config":       {texts: []string{"defconfig", "defconfig+kselftest"}},
			"path":         text("kselftest"),
		}
		for uid, d := range all {
			rows := 0
			for _, subject := range subjects(t, conn, uid) {
				values := d.values(text(""))
				maps.Copy(values, chosen)
				maps.Copy(values, subject)
				for where, sql := range d.statements() {
					_, n, err := run(t, conn, substitute(t, sql, values, period))
					if err != nil {
						t.Errorf("%s: %s: %v", uid, where, err)
					}
					rows += n
				}
			}
			if rows == 0 {
				t.Errorf("%s: no rows at all", uid)
			}
		}
	})

	t.Run("hostile", func(t *testing.T) {
		for _, words := range []string{
			`it's`, `' OR '1'='1`, `x'; DROP TABLE checkouts; --`, `"quoted"`, `back\slash\`, `\'`, `%`, `'*'`, `$1`, `a.b'`, "\n'\n",
		} {
			for uid, d := range all {
				values := d.values(text(words))
				for name := range values {
					values[name] = choice{texts: []string{words, "'"}}
					if v := d.variable(name); !v.Multi {
						values[name] = text(words)
					}
				}
				for where, sql := range d.statements() {
					_, n, err := run(t, conn, substitute(t, sql, values, period))
					if err != nil {
						t.Errorf("%s: %s: with %q: %v", uid, where, words, err)
					}
					if uid != "kcidb-home" && strings.HasPrefix(where, "panel") && n > 0 {
						t.Errorf("%s: %s: %d rows for %q", uid, where, n, words)
					}
				}
			}
		}
	})

	t.Run("plans", func(t *testing.T) {
		server.Exec(t, database, history...)
		testPlans(t, conn, all, period)
	})
}

// viewer connects as a user who may only read the five relations.
func viewer(t *testing.T, server *pgtest.Server, params string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(params)
	if err != nil {
		t.Fatal(err)
	}
	server.Exec(t, cfg.Database,
		"DO $$ BEGIN CREATE ROLE dashboards LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
		"GRANT SELECT ON checkouts, builds, tests, issues, incidents TO dashboards",
		"ALTER ROLE dashboards SET default_transaction_read_only = on")
	cfg.User = "dashboards"
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// samples returns the objects of generated reports, and some more with what none of
// these has.
func samples(t *testing.T) *report.Report {
	t.Helper()
	text, err := os.ReadFile("testdata/regression.json")
	if err != nil {
		t.Fatal(err)
	}
	all, err := report.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	for r := range sample.Reports(sample.Options{Checkouts: 12}) {
		all.Checkouts = append(all.Checkouts, r.Checkouts...)
		all.Builds = append(all.Builds, r.Builds...)
		all.Tests = append(all.Tests, r.Tests...)
		all.Issues = append(all.Issues, r.Issues...)
		all.Incidents = append(all.Incidents, r.Incidents...)
	}
	return all
}

// subjects returns what the variables that say which page it is stand for, for some
// pages of the dashboard.
func subjects(t *testing.T, conn *pgx.Conn, uid string) []values {
	t.Helper()
	sql := map[string]string{
		"kcidb-home":       "SELECT",
		"kcidb-repository": "SELECT min(git_repository_url) AS repository FROM checkouts WHERE tree_name = 'mainline'",
		"kcidb-branch": `SELECT DISTINCT git_repository_url AS repository, git_repository_branch AS branch
			FROM checkouts WHERE tree_name IN ('mainline', 'example') ORDER BY 1, 2`,
		"kcidb-revision": `(SELECT git_commit_hash, patchset_hash FROM checkouts GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1)
			UNION ALL SELECT git_commit_hash, patchset_hash FROM checkouts WHERE id = 'myci:patched'`,
		"kcidb-checkout": `SELECT unnest(ARRAY['myci:bad', 'myci:patched']) AS id
			UNION ALL SELECT min(id) FROM checkouts WHERE origin = 'maestro'`,
		"kcidb-build": `SELECT 'myci:broken' AS id
			UNION ALL (SELECT build_id FROM tests GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)`,
		"kcidb-test": `SELECT 'myci:bad' AS id
			UNION ALL SELECT min(test_id) FROM incidents
			UNION ALL SELECT min(id) FROM tests WHERE number_value IS NOT NULL
			UNION ALL SELECT min(id) FROM tests WHERE log_excerpt IS NOT NULL AND output_files IS NOT NULL`,
	}[uid]
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	var all []values
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		subject := values{}
		for i, f := range rows.FieldDescriptions() {
			subject[f.Name] = text(row[i].(string))
		}
		all = append(all, subject)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d subjects, %v", uid, len(all), err)
	}
	return all
}

// values returns the values of the dashboard's variables: all of those that filter,
// and the one given for the others.
func (d *dashboard) values(other choice) values {
	v := values{}
	for _, variable := range d.Templating.List {
		switch {
		case variable.IncludeAll:
			v[variable.Name] = choice{all: variable.AllValue}
		case variable.Type != "datasource":
			v[variable.Name] = other
		}
	}
	return v
}

// run executes a statement, and returns the names of its columns and the number of rows.
func run(t *testing.T, conn *pgx.Conn, sql string) (fields []string, n int, err error) {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for _, f := range rows.FieldDescriptions() {
		fields = append(fields, f.Name)
	}
	for rows.Next() {
		n++
	}
	return fields, n, rows.Err()
}

var fieldUse = regexp.MustCompile(`__data\.fields\["([^"]+)"\]`)

// checkFields checks that a panel's query returns the fields that the panel speaks of.
func checkFields(t *testing.T, uid string, p *panel, fields []string) {
	t.Helper()
	need := func(name string) {
		if !slices.Contains(fields, name) {
			t.Errorf("%s: panel %s: the query returns no %q, but %q", uid, p.Title, name, fields)
		}
	}
	for column, links := range p.columnLinks(t) {
		if column != "" {
			need(column)
		}
		for _, l := range links {
			for _, m := range fieldUse.FindAllStringSubmatch(l.URL, -1) {
				need(m[1])
			}
		}
	}
	switch p.Type {
	case "barchart":
		need(p.Options.XField)
	case "timeseries", "logs":
		need("time")
	}
}
