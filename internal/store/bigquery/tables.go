// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
)

// Columns that raw tables have behind those of the objects.
const (
	// aheadColumn is by how many microseconds the values of a row are newer than its
	// _timestamp; NULL for none. It is for objects that were loaded with metadata, but
	// without a timestamp: they keep the timestamp of the database, and their values win.
	aheadColumn = "_ahead"
	// emptyColumn names the lists of a row that are empty, and not absent: BigQuery
	// does not distinguish these.
	emptyColumn = "_empty"
	// compactedColumn is TRUE in rows that come from a compaction, and NULL in others.
	compactedColumn = "_compacted"
)

// Names of the tables that are no lists of objects.
const (
	indexTable    = "raw_index"
	receiptsTable = "raw_receipts"
)

// rawTable returns the name of the table with the rows of a list.
func rawTable(list store.List) string { return "raw_" + string(list) }

// tables are the tables of the lists, in the order of the graph.
var tables = func() (all []columns.Table) {
	for _, list := range store.Lists {
		all = append(all, columns.Of(list))
	}
	return all
}()

func tableOf(list store.List) *columns.Table { return &tables[slices.Index(store.Lists, list)] }

// sqlTypes are the types of columns.
var sqlTypes = map[columns.Kind]string{
	columns.Text:      "STRING",
	columns.Version:   "INT64",
	columns.Status:    "STRING",
	columns.Prefix:    "STRING",
	columns.Bool:      "BOOL",
	columns.Float:     "FLOAT64",
	columns.Time:      "TIMESTAMP",
	columns.Texts:     "ARRAY<STRING>",
	columns.Resources: "ARRAY<STRUCT<name STRING, url STRING>>",
	columns.Misc:      "STRING", // so that numbers stay as they are written
}

// isList reports whether a column is an array.
func isList(k columns.Kind) bool { return k == columns.Texts || k == columns.Resources }

// keyColumns returns the columns that identify an object, separated by commas.
func keyColumns(t *columns.Table) string { return strings.Join(t.Columns[1:1+t.Keys], ", ") }

// createRaw creates the table with the rows of a list.
func (s *Store) createRaw(t *columns.Table) string {
	var all []string
	for i, name := range t.Columns {
		column := name + " " + sqlTypes[t.Kinds[i]]
		if i <= t.Keys {
			column += " NOT NULL"
		}
		all = append(all, column)
	}
	all = append(all, aheadColumn+" INT64", emptyColumn+" ARRAY<STRING>", compactedColumn+" BOOL")
	return fmt.Sprintf("CREATE TABLE %s (\n\t%s\n) PARTITION BY TIMESTAMP_TRUNC(_timestamp, DAY) CLUSTER BY %s",
		s.table(rawTable(t.List)), strings.Join(all, ",\n\t"), keyColumns(t))
}

// createIndex creates the table that leads from keys to objects.
func (s *Store) createIndex() string {
	return fmt.Sprintf(`CREATE TABLE %s (
	bucket INT64 NOT NULL, -- a hash of the key, see bucketOf
	relation STRING NOT NULL, -- the list of the object, and the type of what the key identifies: "tests.build"
	key STRING NOT NULL,
	version INT64, -- of the issue that the key is of
	id STRING, -- of the object; NULL if the key is its own
	day DATE NOT NULL -- of the _timestamp of the row of the object
) PARTITION BY RANGE_BUCKET(bucket, GENERATE_ARRAY(0, %d, 1)) CLUSTER BY relation, key`, s.table(indexTable), buckets)
}

// createReceipts creates the table of receipts.
func (s *Store) createReceipts() string {
	return fmt.Sprintf(`CREATE TABLE %s (
	bucket INT64 NOT NULL, -- a hash of the ID, see bucketOf
	id STRING NOT NULL, origin STRING NOT NULL, received TIMESTAMP NOT NULL, finished TIMESTAMP NOT NULL,
	bytes INT64 NOT NULL, objects INT64 NOT NULL, failure STRING NOT NULL, saved TIMESTAMP NOT NULL
) PARTITION BY RANGE_BUCKET(bucket, GENERATE_ARRAY(0, %d, 1)) CLUSTER BY id`, s.table(receiptsTable), buckets)
}
