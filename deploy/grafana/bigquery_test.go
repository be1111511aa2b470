// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
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
