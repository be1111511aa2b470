// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// TestChart: the largest names have colours, the rest is one, and markup in names is
// text.
func TestChart(t *testing.T) {
	counts := make(DayCounts)
	last := answers.LastDays(now, 3).Last
	for i, name := range []string{"<b>", "b", "c", "d", "e", "f", "g"} {
		counts.Add(last, name, int64(1000>>i))
		counts.Add(last-2, name, 1)
	}
	c := counts.Chart("Objects by day", now, answers.Days{First: last - 2, Last: last})
	var b strings.Builder
	Parse(fstest.MapFS{"test.html": {Data: []byte(`{{template "chart" .}}`)}}).Content("test.html", c).write(&b)
	golden(t, "chart.html", b.String())
}

func TestChartOfSeries(t *testing.T) {
	counts := DayCounts{1: {"a": 3}, 2: {"c": 4, "a": 1}}
	c := counts.Chart("X", now, answers.Days{First: 1, Last: 2}, Series{"a", "f-ok"}, Series{"b", "f-lab"}, Series{"c", "f-new"})
	if len(c.Series) != 2 || c.Series[1].Class != "f-new" || c.Most() != 5 || c.Rows[0].N[1] != 4 || c.Rows[1].Total() != 3 || c.Long() || c.Cut() {
		t.Errorf("%+v", c)
	}
	if empty := make(DayCounts).Chart("X", now, answers.Days{First: 1, Last: 2}); empty.Most() != 0 || empty.SVG() != "" || len(empty.Table()) != 0 {
		t.Errorf("of nothing: %+v", empty)
	}
	for n := range int64(40) {
		counts.Add(n, "a", 1)
	}
	if long := counts.Chart("X", now, answers.Days{First: 0, Last: 39}); !long.Long() || !long.Cut() || len(long.Table()) != maxTable {
		t.Errorf("of 40 days: %d rows", len(long.Table()))
	}
}

func TestTrend(t *testing.T) {
	if got := Trend([]int64{0, 0}, "f-1", "x"); got != "" {
		t.Error(got)
	}
	want := `<svg class="spark" width="20" height="16" viewBox="0 0 20 16" role="img" aria-label="&lt;x&gt;, newest first">` +
		`<rect class="f-1" x="0" y="8.0" width="6" height="8.0"/><rect class="f-1" x="14" y="0.0" width="6" height="16.0"/></svg>`
	if got := Trend([]int64{1, 0, 2}, "f-1", "<x>"); string(got) != want {
		t.Error(got)
	}
}
