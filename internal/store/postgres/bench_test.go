// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/prefetch"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

//go:embed testdata/python.sql
var pythonSchema string

// durable are the settings of the server that is measured: those it has by
// itself, and memory as an administrator would give it.
var durable = []string{"fsync = on", "shared_buffers = '1GB'", "max_wal_size = '8GB'"}

// BenchmarkLoad decodes, validates and loads real submissions over one
// connection, each batch on disk before the next. The ratio is the time that
// COPY takes to put the same rows, encoded before, with excerpts and all in
// them, into tables in the shape of the Python system's with its indexes, in one
// transaction, to that of ours. The size ratio compares the objects' tables
// with their indexes; the roll-ups, with the indexes that are read with
// them, have a figure of their own.
func BenchmarkLoad(b *testing.B) {
	server := pgtest.Start(b, durable...)
	texts := storebench.Submissions(b)
	var ours, raw time.Duration
	var size, rollups, pythonSize int64
	objects := 0
	for b.Loop() {
		s := fresh(b, server)
		objects = 0
		began := time.Now()
		for batch, err := range prefetch.Seq2(storebench.Batches(texts)) {
			if err == nil {
				objects += batch.Count()
				_, err = s.Load(b.Context(), batch, store.LoadOptions{})
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		ours += time.Since(began)
		storetest.VerifyRollups(b, s)
		paths := pathsIndexed(b, s, server, texts) + value[int64](b, s.pool, "SELECT pg_relation_size('test_rows_bad')")
		size, rollups = stored(b, s.pool)-paths, rolledUp(b, s.pool)+paths
		took, pythons := copyRows(b, server, s)
		raw += took
		pythonSize = pythons
		s.Close()
	}
	b.ReportMetric(raw.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/load")
	b.ReportMetric(float64(objects*b.N)/ours.Seconds(), "objects/s")
	b.ReportMetric(float64(size)/1e6, "MB")
	b.ReportMetric(float64(size)/float64(pythonSize), "size-ratio")
	b.ReportMetric(float64(rollups)/1e6, "MB-of-roll-ups")
}

// BenchmarkTimes measures the times of properties, which only objects have that
// were reported in pieces: of real submissions, received one after the other, and of
// generated tests in two pieces each.
func BenchmarkTimes(b *testing.B) {
	server := pgtest.Shared(b)
	for b.Loop() {
		s := fresh(b, server)
		objects := storebench.LoadApart(b, s, storebench.Submissions(b))
		bytes, rows := timesOf(b, s)
		b.ReportMetric(float64(bytes)/float64(objects), "B/real-object")
		b.ReportMetric(100*float64(rows)/float64(objects), "%-in-pieces")
		s.Close()

		s = fresh(b, server)
		storebench.LoadPieces(b, s, 10_000)
		bytes, rows = timesOf(b, s)
		b.ReportMetric(float64(bytes)/float64(rows), "B/piecewise-test")
		s.Close()
	}
}

// timesOf returns how many bytes the times of all objects take, and of how many
// objects they are.
func timesOf(b *testing.B, s *Store) (bytes, rows int64) {
	for i := range tables {
		bytes += value[int64](b, s.pool, "SELECT coalesce(sum(pg_column_size(times)), 0) FROM "+tables[i].name)
		rows += value[int64](b, s.pool, "SELECT count(times) FROM "+tables[i].name)
	}
	return bytes, rows
}

// fresh returns a new database of a server, with a schema.
func fresh(b testing.TB, server *pgtest.Server) *Store {
	b.Helper()
	s := open(b, server.Database(b))
	if err := s.Init(b.Context(), store.Version{}); err != nil {
		b.Fatal(err)
	}
	return s
}

// stored returns the size in bytes of the objects, with their indexes and everything
// that loading them needs. These are all tables except the server's own, the roll-ups,
// which rolledUp returns, and the tables for notifications, which have some 0.2 MB even
// though they are empty.
func stored(b testing.TB, q querier) int64 {
	b.Helper()
	return value[int64](b, q, `SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
			AND relname NOT IN ('watch', 'changes', 'notifications', 'deliveries', 'considered', 'statuses', 'rollups')
			AND relname <> ALL ($1)`, rollup.Tables)
}

// rolledUp returns how many bytes the roll-ups take.
func rolledUp(b testing.TB, q querier) int64 {
	b.Helper()
	return value[int64](b, q, "SELECT sum(pg_total_relation_size(to_regclass(n)))::bigint FROM unnest($1::text[]) AS n", rollup.Tables)
}

// pathsIndexed returns how many bytes the index of tests by build has since it has
// their paths, too. It serves the test histories that are read with the roll-ups, and
// the objects would do without. The other index is of a database into which the same
// was loaded.
func pathsIndexed(b testing.TB, s *Store, server *pgtest.Server, texts [][]byte) int64 {
	b.Helper()
	without := fresh(b, server)
	defer without.Close()
	if _, err := without.pool.Exec(b.Context(), "CREATE INDEX test_rows_build ON test_rows (build_id)"); err != nil {
		b.Fatal(err)
	}
	for batch, err := range storebench.Batches(texts) {
		if err == nil {
			_, err = without.Load(b.Context(), batch, store.LoadOptions{})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return value[int64](b, s.pool, "SELECT pg_relation_size('test_rows_build_path')") - value[int64](b, without.pool, "SELECT pg_relation_size('test_rows_build')")
}

// pythonColumns are the columns of the Python system's tables, in the order of
// the tables here.
func pythonColumns(t *table) string {
	return strings.ReplaceAll(strings.Join(t.Columns, ", "), "patchset_hash_given", "patchset_hash")
}

// copyRows copies what is in a database into tables of the Python system's
// shape, and returns how long the server takes, and how much they then store.
func copyRows(b *testing.B, server *pgtest.Server, from *Store) (took time.Duration, size int64) {
	b.Helper()
	spec := server.Database(b)
	conn, err := pgx.Connect(b.Context(), strings.TrimPrefix(spec, "postgresql:"))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context())
	if _, err := conn.Exec(b.Context(), pythonSchema); err != nil {
		b.Fatal(err)
	}
	all := &report.Report{}
	for r, err := range from.Dump(b.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			b.Fatal(err)
		}
		all.Append(r)
	}
	var streams [][]byte
	for i := range tables {
		streams = append(streams, inlineRows(b, &tables[i], all))
	}
	began := time.Now()
	tx, err := conn.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for i := range tables {
		t := &tables[i]
		_, err := conn.PgConn().CopyFrom(b.Context(), bytes.NewReader(streams[i]),
			"COPY "+string(t.List)+" ("+pythonColumns(t)+") FROM STDIN BINARY")
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(began), stored(b, conn)
}

// inlineRows returns the objects of a list as COPY reads them, with the contents
// where we have references.
func inlineRows(b *testing.B, t *table, r *report.Report) []byte {
	b.Helper()
	e := &encoder{metadata: true, contents: contentSet{}}
	rows := t.rows(r, e)
	texts := make(map[hash]string)
	for text, h := range e.contents {
		texts[h] = text
	}
	for i := range rows {
		data := binary.BigEndian.AppendUint16(nil, uint16(len(t.Columns)))
		rest := rows[i].data[countSize:]
		for column, name := range t.Columns { // the times, which come last, are ours
			var value []byte
			value, rest = cutValue(rest)
			isNull := binary.BigEndian.Uint32(value) == noValue
			switch {
			case isNull:
			case column == t.excerpt && value[lengthSize] == shortExcerpt:
				value = pythonValue(b, name, string(value[lengthSize+1:]))
			case column == t.excerpt:
				value = pythonValue(b, name, texts[hash(value[lengthSize+1:])])
			case slices.Contains(t.contents, column):
				value = pythonValue(b, name, texts[hash(value[lengthSize:])])
			case name == "misc" && t.List == store.Tests:
				value = pythonValue(b, name, string(value[lengthSize:]))
			}
			data = append(data, value...)
		}
		rows[i].data = data
	}
	stream, err := io.ReadAll(copyReader(rows))
	if err != nil {
		b.Fatal(err)
	}
	return stream
}

// pythonValue returns a content of a test as the Python system's column has it.
func pythonValue(b *testing.B, column, text string) []byte {
	e := &encoder{}
	switch column {
	case "log_url", "log_excerpt":
		e.required(text)
	case "environment_compatible":
		v := &values{}
		e.array(list[string](v, []byte(text)))
		if v.err != nil {
			b.Fatal(v.err)
		}
	default:
		e.jsonb([]byte(text))
	}
	return e.b
}

// BenchmarkReceipts measures what the details of receipts cost.
func BenchmarkReceipts(b *testing.B) {
	server := pgtest.Start(b, durable...)
	storebench.Receipts(b, func() store.Store {
		s := fresh(b, server)
		b.Cleanup(func() { s.Close() })
		return s
	})
}
