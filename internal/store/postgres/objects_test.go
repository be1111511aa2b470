// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// TestOutcomeAllocations reads an outcome and allocates only its texts: pages sum up
// hundreds of thousands of them, and each has the same few environments.
func TestOutcomeAllocations(t *testing.T) {
	row := [][]byte{
		[]byte("ci:test"), []byte("ci:build"), []byte("ci"), []byte("boot.login"), []byte("PASS"),
		[]byte(` {"platform":"` + strings.Repeat("p", 1000) + `"}`), nil,
	}
	storage := selection(&sqldb.Rowset{List: store.Tests, Columns: columns.OutcomeColumns}).storage
	v := &values{}
	r := columns.Reader{Row: v}
	var environment []byte
	allocs := testing.AllocsPerRun(100, func() {
		var err error
		v.row, v.stored = row, storage
		if _, environment, err = columns.ReadOutcome(&r); err != nil {
			t.Fatal(err)
		}
	})
	if environment[0] != '{' || len(environment) < 1000 {
		t.Errorf("the environment is %.40q", environment)
	}
	if allocs > 5 {
		t.Errorf("%v allocations, want one for each of 5 texts", allocs)
	}
}

// FuzzArray reads what might be a list of strings, and gets back those written.
func FuzzArray(f *testing.F) {
	for _, list := range [][]string{{}, {""}, {"a", "ä\n", ""}} {
		e := &encoder{}
		e.array(list)
		f.Add(e.b[lengthSize:], strings.Join(list, ","))
	}
	f.Add([]byte("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x19\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff"), "")
	f.Fuzz(func(t *testing.T, value []byte, text string) {
		(&values{}).array(value) // must not panic
		list := strings.Split(text, ",")
		e := &encoder{}
		e.array(list)
		v := &values{}
		if back := v.array(e.b[lengthSize:]); v.err != nil || !slices.Equal(back, list) {
			t.Errorf("%q became %q, %v", list, back, v.err)
		}
	})
}
