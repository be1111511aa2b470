// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

func TestOrigins(t *testing.T) {
	db := openedWith(t, someReport())
	for _, tt := range []struct {
		days             answers.Days
		checkouts, tests string
	}{
		{march(1, 9), "ci", "ci them"},
		{march(4, 9), "", "ci"},
		{march(5, 9), "", ""},
	} {
		checkouts, tests, err := db.Origins(t.Context(), tt.days)
		got := []string{strings.Join(checkouts, " "), strings.Join(tests, " ")}
		if diff := cmp.Diff([]string{tt.checkouts, tt.tests}, got); diff != "" || err != nil {
			t.Errorf("%v: %v (-want +got):\n%s", tt.days, err, diff)
		}
	}
}

func TestTotals(t *testing.T) {
	db := openedWith(t, someReport())
	got, err := db.Totals(t.Context(), march(2, 3))
	want := &answers.Totals{
		Started: answers.Started{
			Amounts: answers.Amounts{Checkouts: 2, Builds: 3, Boots: 5, Tests: 1},
			Trees:   2,
			Labs:    map[string]*answers.Amounts{"k8s": {Builds: 3}, "lab": {Boots: 5, Tests: 1}},
		},
		Issues: 2, Incidents: 5,
		BuildIncidents: []answers.BuildIncidents{
			{Origin: "ci", IssueID: "i1", Version: 2, Comment: new("second"), N: 2},
			{Origin: "ci", IssueID: "i2", Version: 1, New: true, N: 1},
			{Origin: "them", IssueID: "nobody's", Version: 7, N: 1},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if started, err := db.Started(t.Context(), march(2, 3)); err != nil || !cmp.Equal(&want.Started, started) {
		t.Errorf("started: %+v, %v", started, err)
	}
	if got, err = db.Totals(t.Context(), march(1, 1)); err != nil || got.Trees != 1 || got.Issues != 1 || got.Builds != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = db.Totals(t.Context(), march(6, 9)); err != nil || got.Amounts != (answers.Amounts{}) || got.Trees+got.Incidents != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
