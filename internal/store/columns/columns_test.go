// SPDX-License-Identifier: Apache-2.0

package columns

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// TestUnitsStay holds the numbers of units, because databases keep the times of
// units by them: a new property comes behind those here.
func TestUnitsStay(t *testing.T) {
	for list, want := range map[store.List]struct {
		key   string
		units string // by number; the columns of a unit are joined by "+"
	}{
		store.Checkouts: {"id", `origin tree_name git_repository_url git_commit_hash git_commit_name git_commit_tags git_commit_message
			git_repository_branch git_repository_branch_tip patchset_files patchset_hash message_id comment start_time
			origin_builds_finish_time origin_tests_finish_time log_url log_excerpt valid misc`},
		store.Builds: {"id", `origin checkout_id comment start_time duration architecture command compiler input_files output_files
			config_name config_url log_url log_excerpt status misc`},
		store.Tests: {"id", `origin build_id environment_comment+environment_compatible+environment_misc path comment log_url log_excerpt
			status number_value+number_unit+number_prefix start_time duration input_files output_files misc`},
		store.Issues:    {"id version", `origin report_url report_subject culprit_code+culprit_tool+culprit_harness categories comment misc`},
		store.Incidents: {"id", `origin issue_id+issue_version build_id test_id present comment misc`},
	} {
		table := Of(list)
		if key := strings.Join(table.Columns[1:1+table.Keys], " "); table.Columns[0] != "_timestamp" || key != want.key {
			t.Errorf("%s begin with the column %s and the key %q, want _timestamp and %q", list, table.Columns[0], key, want.key)
		}
		var units []string
		for _, u := range table.Units {
			units = append(units, strings.Join(table.Columns[u.From:u.To], "+"))
		}
		before := strings.Fields(want.units)
		if n := len(before); len(units) < n || !slices.Equal(units[:n], before) {
			t.Errorf("the units of %s are\n%q\nwant, and new ones behind them,\n%q", list, units, before)
		}
	}
}

// TestLists finds the objects of each list of a report.
func TestLists(t *testing.T) {
	for _, l := range []store.List{store.Checkouts, store.Builds, store.Tests, store.Issues, store.Incidents} {
		table, r := Of(l), &report.Report{}
		for range 2 {
			table.Add(r)
		}
		if table.Len(r) != 2 || r.Count() != 2 || !table.Repeats(r) {
			t.Errorf("%s: %d of %d objects, which repeat: %t", l, table.Len(r), r.Count(), table.Repeats(r))
		}
		table.At(r, 1).VisitFields(&Reader{Row: keyRow{}})
		if key := table.Key(r, 1); table.Repeats(r) || key.ID != "a:1" || table.Keys == 2 && key.Version != 7 {
			t.Errorf("%s: the second object is %v", l, key)
		}
		table.DropLast(r)
		if table.Len(r) != 1 || table.Key(r, 0).ID != "" {
			t.Errorf("%s: the wrong object was removed", l)
		}
	}
}

// keyRow is a row whose texts are all an ID, whose numbers are a version, and that
// has nothing else.
type keyRow struct{}

func (keyRow) Text() (string, bool)         { return "a:1", true }
func (keyRow) Int() (int, bool)             { return 7, true }
func (keyRow) Float() *float64              { return nil }
func (keyRow) Bool() *bool                  { return nil }
func (keyRow) Time() *time.Time             { return nil }
func (keyRow) Texts() []string              { return nil }
func (keyRow) Resources() []report.Resource { return nil }
func (keyRow) Misc() json.RawMessage        { return nil }
func (keyRow) Bytes() []byte                { return nil }
func (keyRow) Err() error                   { return nil }

// TestParts reads a part only if one of its columns has a value, and each required
// column has one.
func TestParts(t *testing.T) {
	var test report.Test
	if err := (&Reader{Row: keyRow{}}).Read(&test); err != nil || test.Environment == nil || test.Number != nil {
		t.Errorf("the environment is %v and the number, which has a unit and no value, is %v: %v", test.Environment, test.Number, err)
	}
	var issue report.Issue
	if err := (&Reader{Row: keyRow{}}).Read(&issue); err != nil || issue.Culprit != nil {
		t.Errorf("an issue has a culprit out of nothing: %v, %v", issue.Culprit, err)
	}
}
