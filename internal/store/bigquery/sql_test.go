// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"strings"
	"testing"

	"cloud.google.com/go/civil"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/zetasql"
)

// TestAnalyzerAcceptsSQL analyzes each text that is sent to BigQuery.
func TestAnalyzerAcceptsSQL(t *testing.T) {
	s := &Store{project: "p", dataset: "d"}
	days := map[civil.Date]bool{{Year: 2025, Month: 7, Day: 1}: true, {Year: 2025, Month: 7, Day: 3}: true}
	many := make(map[civil.Date]bool)
	for i := range mostDays + 1 {
		many[civil.Date{Year: 2020, Month: 1, Day: 1}.AddDays(i)] = true
	}
	ids := map[string]string{"ids": "ARRAY<STRING>"}
	before := map[string]string{"before": "TIMESTAMP"}
	texts := []zetasql.Text{
		{Name: "index", SQL: s.indexSQL([]string{"a", "b"}), Params: map[string]string{"relation": "STRING", "keys": "ARRAY<STRING>"}},
		{Name: "receipt", SQL: s.receiptSQL(7), Params: map[string]string{"id": "STRING"}},
		{Name: "loaded", SQL: s.loadedSQL([]string{"a", "b"}), Params: ids},
		{Name: "purge receipts", SQL: s.purgeReceiptsSQL(), Params: before},
		{Name: "purge index", SQL: s.purgeIndexSQL(), Params: map[string]string{"list": "STRING", "days": "ARRAY<DATE>"}},
		{Name: "empty", SQL: s.emptySQL()},
		{Name: "first", SQL: s.firstSQL()},
		{Name: "last", SQL: s.lastSQL()},
		{Name: "newest", SQL: s.newestSQL(), Params: map[string]string{"from": "TIMESTAMP", "to": "TIMESTAMP"}},
	}
	for i := range tables {
		table := &tables[i]
		add := func(name, sql string, params map[string]string) {
			texts = append(texts, zetasql.Text{Name: string(table.List) + ": " + name, SQL: sql, Params: params})
		}
		all := propertyColumns(table, nil)
		add("all", s.allSQL(table, all).sql, nil)
		add("some", s.someSQL(table, all, days), ids)
		add("some of many days", s.someSQL(table, all[:2], many), ids)
		add("times", s.rowTimesSQL(table, days), ids)
		add("dump after", s.boundedSQL(table, true, false), map[string]string{"after": "TIMESTAMP"})
		add("dump within", s.boundedSQL(table, true, true), map[string]string{"after": "TIMESTAMP", "until": "TIMESTAMP"})
		one := civil.Date{Year: 2025, Month: 7, Day: 1}
		add("repeated days", s.repeatedDaysSQL(table), before)
		add("repeated", s.repeatedSQL(table, one), nil)
		add("stage and swap", s.stageSQL(table, "stage")+";\n"+s.swapSQL(table, "stage", one, 2)+";\nDROP TABLE "+s.table("stage"), nil)
		add("drop", s.dropSQL(table, civil.Date{Year: 2025, Month: 7, Day: 1}), nil)
		for _, keep := range []bool{false, table.List != store.Incidents} {
			kept := s.keptSQL(table, keep)
			add("old days", s.oldDaysSQL(table, kept), before)
			add("purge", s.purgeSQL(table, civil.Date{Year: 2025, Month: 7, Day: 1}, kept), before)
		}
	}
	zetasql.Check(t, s.createAll(), texts)
	for _, text := range texts {
		if n := len(text.SQL); n > 400_000 && strings.Contains(text.SQL, "UNNEST(@ids)") {
			t.Errorf("%s has %d bytes, which with a chunk of parameters is more than BigQuery takes", text.Name, n)
		}
	}
}
