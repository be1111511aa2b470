// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// TestDumpsWhatWasLoaded loads the objects of the conformance data, and dumps them.
func TestDumpsWhatWasLoaded(t *testing.T) {
	inOneGoroutine(t)
	s := readyStore(t)
	loaded := conformance.Dataset(t)
	if _, err := s.Load(t.Context(), loaded, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	var all report.Report
	for r, err := range s.Dump(t.Context(), store.DumpOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		all.Append(r)
	}
	if all.Count() != loaded.Count() {
		t.Errorf("%d objects, want %d", all.Count(), loaded.Count())
	}
}

// largeTest returns a test whose row has as many MiB, and whose text needs escaping.
func largeTest(mib float64, at time.Time) report.Test {
	return report.Test{ID: "a:large", Origin: "a", BuildID: "a:1", Timestamp: &at, OutputFiles: []report.Resource{},
		Misc: json.RawMessage(`{"log":"` + strings.Repeat("é\\n", int(mib*(1<<18))) + `"}`)}
}

// TestLoadJobs: objects that come by load jobs are those that come by requests, also a large
// row among small ones. The test server takes requests of up to 4 MiB.
func TestLoadJobs(t *testing.T) {
	inOneGoroutine(t)
	r := conformance.Dataset(t)
	r.Append(storetest.Pieces(rand.New(rand.NewPCG(5, 6))))
	at := time.Date(2025, 7, 1, 12, 0, 0, 123456000, time.UTC)
	for name, c := range map[string]struct {
		add    []report.Test
		limits limits
		opts   store.LoadOptions
		jobs   int
	}{
		"in bulk":     {nil, limits{bulkObjects: r.Count(), largeRow: defaultLimits.largeRow}, store.LoadOptions{Bulk: true}, len(tables)},
		"too few":     {nil, defaultLimits, store.LoadOptions{Bulk: true}, 0},
		"a large row": {[]report.Test{largeTest(3.5, at)}, defaultLimits, store.LoadOptions{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			all := &report.Report{}
			all.Append(r)
			all.Tests = append(all.Tests, c.add...)
			dump := func(limits limits, opts store.LoadOptions) (dump *report.Report, jobs int) {
				s := readyStore(t)
				before := loadJobs(t, s, "raw_") // of tests before this one
				s.limits = limits
				opts.Metadata, opts.Arrival = true, at
				if _, err := s.Load(t.Context(), all, opts); err != nil {
					t.Fatal(err)
				}
				return dumped(t, s), loadJobs(t, s, "raw_") - before
			}
			got, jobs := dump(c.limits, c.opts)
			want, none := dump(limits{largeRow: 8 << 20}, store.LoadOptions{})
			if jobs != c.jobs || none != 0 {
				t.Errorf("%d load jobs, want %d; %d for the same by requests", jobs, c.jobs, none)
			}
			if n := want.Count(); n == 0 {
				t.Error("no objects")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the objects differ (-by requests +by jobs):\n%.4000s", diff)
			}
		})
	}
}

// TestLargeRow: a row that is too large for a request is kept as it came.
func TestLargeRow(t *testing.T) {
	inOneGoroutine(t)
	s := readyStore(t)
	want := &report.Report{Tests: []report.Test{largeTest(5, time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC))}}
	loadWithMetadata(t, s, want)
	if diff := cmp.Diff(want, dumped(t, s)); diff != "" {
		t.Errorf("the object differs (-loaded +dumped):\n%.1000s", diff)
	}
}
