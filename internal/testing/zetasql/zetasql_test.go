// SPDX-License-Identifier: Apache-2.0

package zetasql_test

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/zetasql"
)

// schema has the kinds of tables and views that BigQuery has and this project uses.
var schema = []string{
	`CREATE TABLE p.d.rows (
		_arrived TIMESTAMP NOT NULL, id STRING NOT NULL, duration FLOAT64, labels ARRAY<STRING>,
		files ARRAY<STRUCT<name STRING, url STRING>>, misc JSON
	) PARTITION BY TIMESTAMP_TRUNC(_arrived, DAY) CLUSTER BY id OPTIONS (partition_expiration_days = 30)`,
	`CREATE TABLE p.d.keys (bucket INT64, id STRING) PARTITION BY RANGE_BUCKET(bucket, GENERATE_ARRAY(0, 4000, 1))`,
	`CREATE OR REPLACE VIEW p.d.latest AS
		SELECT id, MAX(_arrived) AS _timestamp, ANY_VALUE(misc HAVING MAX _arrived) AS misc FROM p.d.rows GROUP BY id`,
}

// TestRight: texts that BigQuery takes.
func TestRight(t *testing.T) {
	zetasql.Check(t, schema, []zetasql.Text{
		{"parameter", "SELECT id FROM `p.d.rows` WHERE id IN UNNEST(@ids)", map[string]string{"ids": "ARRAY<STRING>"}},
		{"view", "SELECT _timestamp, JSON_VALUE(misc, '$.platform') FROM d.latest", nil},
		{"path in backquotes", "SELECT f.url FROM `d.rows`, UNNEST(files) AS f", nil},
		{"several", "CREATE TEMP TABLE t AS SELECT id FROM d.rows; SELECT id FROM t;\n", nil},
		{"insert", "INSERT INTO d.rows (_arrived, id) SELECT @now, r.id FROM UNNEST(@rows) AS r",
			map[string]string{"now": "TIMESTAMP", "rows": "ARRAY<STRUCT<id STRING, n INT64>>"}},
		{"delete", "DELETE FROM d.rows WHERE _arrived < @before", map[string]string{"before": "TIMESTAMP"}},
		{"alter", "ALTER TABLE d.rows ADD COLUMN IF NOT EXISTS comment STRING", nil},
	})
}

// TestWrong: each kind of fault is found, in the text that has it.
func TestWrong(t *testing.T) {
	wrong := []struct{ sql, want string }{
		{"SELECT idd FROM d.rows", "Unrecognized name: idd"},
		{"SELECT id FROM d.nothing", "Table not found: d.nothing"},
		{"SELECT DATE_BIN(INTERVAL 1 DAY, _arrived) FROM d.rows", "Function not found: DATE_BIN"},
		{"SELECT id + 1 FROM d.rows", "No matching signature for operator +"},
		{"SELECT id FROM d.rows WHERE id = @id", "No matching signature for operator ="}, // an INT64 below
		{"SELECT id FROM d.rows WHERE duration = @unknown", "Query parameter 'unknown' not found"},
		{"SELECT FROM d.rows", "Syntax error"},
		{"SELECT 1; SELECT id FROM nothing", "Table not found: nothing"},
		{"SELECT id FROM d.rows GROUP BY duration", "neither grouped nor aggregated"},
		{"INSERT INTO d.rows (id) VALUES (1)", "cannot be inserted into column id"},
		{"CREATE VIEW d.v AS SELECT nothing FROM d.rows", "Unrecognized name: nothing"},
		{"SELECT id::text FROM d.rows", "Syntax error"},                                      // PostgreSQL
		{"SELECT COUNT(*) FILTER (WHERE TRUE) FROM d.rows", "Syntax error"},                  // the standard
		{"SELECT ARRAY_FILTER(labels, l -> l = 'x') FROM d.rows", "Lambda is not supported"}, // Spanner
		{"SELECT CAST('a' AS INT32)", "Type not found: INT32"},                               // Google's own
	}
	var texts []zetasql.Text
	for _, sql := range schema {
		texts = append(texts, zetasql.Text{SQL: sql})
	}
	for _, w := range wrong {
		texts = append(texts, zetasql.Text{SQL: w.sql, Params: map[string]string{"id": "INT64"}})
	}
	for i, fault := range zetasql.Faults(t, texts) {
		if i < len(schema) {
			if fault != "" {
				t.Errorf("%s: %s", texts[i].SQL, fault)
			}
		} else if want := wrong[i-len(schema)].want; !strings.Contains(fault, want) {
			t.Errorf("%s: the fault is %q, want %q", texts[i].SQL, fault, want)
		}
	}
}
