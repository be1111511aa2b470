// SPDX-License-Identifier: Apache-2.0

package rollup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// empty returns an empty database.
func empty(t testing.TB) *sqlite.Store {
	t.Helper()
	s := sqlite.OpenMemory("test")
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// playStory runs a story, step by step. A line of a story is an object or a purge. All objects
// up to a purge or "then" are loaded at once:
//
//	checkout ID [origin= tree= url= branch= start=]
//	build ID of=CHECKOUT [origin= status= arch= config= compiler= lab= start=]
//	test ID of=BUILD [origin= path= status= platform= compatible= lab= reason= start=]
//	incident ID issue=ID/VERSION [build= test= present=]
//	purge STEP           objects that arrived before the step, from 1
//	then
//
// The start is in days since 1970. A value that a line omits stays as it was.
func playStory(t *testing.T, db *sqlite.Store, story string) {
	t.Helper()
	arrived := func(step int) *time.Time { return new(time.Date(2025, 7, 1, step, 0, 0, 0, time.UTC)) }
	step, objects := 1, &report.Report{}
	verify := func() {
		t.Helper()
		if storetest.VerifyRollups(t, db); t.Failed() {
			t.Fatalf("in step %d", step)
		}
	}
	load := func() {
		t.Helper()
		if _, err := db.Load(t.Context(), objects, store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
		objects = &report.Report{}
		verify()
	}
	for line := range strings.Lines(story) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "purge":
			load()
			before, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Purge(t.Context(), store.PurgeOptions{Before: *arrived(before)}); err != nil {
				t.Fatal(err)
			}
			verify()
		case words[0] == "then":
			load()
			step++
		default:
			addObject(t, objects, words, arrived(step))
		}
	}
	load()
}

// addObject adds the object of a line to a report.
func addObject(t *testing.T, r *report.Report, words []string, at *time.Time) {
	t.Helper()
	values := map[string]string{"origin": "ci"}
	for _, word := range words[2:] {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			t.Fatalf("%q is not NAME=VALUE", word)
		}
		values[name] = value
	}
	take := func(name string) *string {
		value, ok := values[name]
		if delete(values, name); !ok {
			return nil
		}
		return &value
	}
	status := func() *report.Status {
		if s := take("status"); s != nil {
			return new(report.Status(*s))
		}
		return nil
	}
	start := func() *time.Time {
		if s := take("start"); s != nil {
			days, err := strconv.ParseFloat(*s, 64)
			if err != nil {
				t.Fatal(err)
			}
			return new(time.UnixMicro(int64(days * 24 * 3600 * 1e6)).UTC())
		}
		return nil
	}
	misc := func(names ...string) json.RawMessage {
		members := map[string]string{}
		for i := 0; i < len(names); i += 2 {
			if value := take(names[i]); value != nil {
				members[names[i+1]] = *value
			}
		}
		if len(members) == 0 {
			return nil
		}
		text, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	id, origin := words[1], *take("origin")
	switch words[0] {
	case "checkout":
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: id, Origin: origin, Timestamp: at, StartTime: start(),
			TreeName: take("tree"), GitRepositoryURL: take("url"), GitRepositoryBranch: take("branch"),
		})
	case "build":
		r.Builds = append(r.Builds, report.Build{
			ID: id, Origin: origin, Timestamp: at, StartTime: start(), CheckoutID: *take("of"), Status: status(),
			Architecture: take("arch"), ConfigName: take("config"), Compiler: take("compiler"), Misc: misc("lab", "runtime"),
		})
	case "test":
		x := report.Test{
			ID: id, Origin: origin, Timestamp: at, StartTime: start(), BuildID: *take("of"), Path: take("path"), Status: status(),
			Misc: misc("lab", "runtime", "reason", "error_msg"),
		}
		if where, compatible := misc("platform", "platform"), take("compatible"); where != nil || compatible != nil {
			x.Environment = &report.Environment{Misc: where}
			if compatible != nil {
				x.Environment.Compatible = strings.Split(*compatible, "+")
			}
		}
		r.Tests = append(r.Tests, x)
	case "incident":
		issue, text, _ := strings.Cut(*take("issue"), "/")
		version, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		n := report.Incident{ID: id, Origin: origin, Timestamp: at, IssueID: issue, IssueVersion: version, BuildID: take("build"), TestID: take("test")}
		if present := take("present"); present != nil {
			n.Present = new(*present == "true")
		}
		r.Incidents = append(r.Incidents, n)
	default:
		t.Fatalf("unknown type %s", words[0])
	}
	if len(values) > 0 {
		t.Fatalf("%s: it has no %v", words[0], values)
	}
}

// counts returns the rows of roll-up tables as lines: the values of the columns without
// hashes, "-" for an empty text, and times in days.
func counts(t *testing.T, db *rollup.DB, tables ...string) string {
	t.Helper()
	var all strings.Builder
	for _, table := range tables {
		var lines []string
		columns := columnsOf(t, db, table)
		into := make([]any, len(columns))
		for i := range into {
			into[i] = new(string)
		}
		var texts []string
		for _, column := range columns {
			texts = append(texts, sqldb.Text(column))
		}
		err := db.View(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			return sqldb.Read(ctx, tx, "SELECT "+strings.Join(texts, ", ")+" FROM "+table, nil, into, func() error {
				line := table
				for i, column := range columns {
					value := *into[i].(*string)
					if strings.HasSuffix(column, "start") || strings.HasSuffix(column, "seen") {
						micros, err := strconv.ParseInt(value, 10, 64)
						if err != nil {
							return err
						}
						value = strconv.FormatFloat(float64(micros)/(24*3600*1e6), 'g', 6, 64)
					}
					if value == "" {
						value = "-"
					}
					line += " " + value
				}
				lines = append(lines, line)
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(lines)
		lines = slices.DeleteFunc(lines, func(line string) bool { // rows with 0 stay
			return table == "object_counts" && strings.HasSuffix(line, " 0")
		})
		for _, line := range lines {
			fmt.Fprintln(&all, line)
		}
	}
	return all.String()
}

// columnsOf returns the columns of a table that mean something to people.
func columnsOf(t *testing.T, db *rollup.DB, table string) (columns []string) {
	t.Helper()
	var name string
	err := db.View(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		return sqldb.Read(ctx, tx, "SELECT name FROM pragma_table_info($1) ORDER BY cid", []any{table}, []any{&name}, func() error {
			if name != "key" && name != "tree" && name != "arrived" {
				columns = append(columns, name)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return columns
}
