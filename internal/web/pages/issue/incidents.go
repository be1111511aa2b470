// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// incidents are the incidents on the page.
type incidents struct {
	Rows     []incidentRow
	Bar      shell.FilterBar
	Pager    shell.Pager
	Searched int64 // incidents that the filter was applied to; 0 without a filter
}

// incidentRow is an incident with its build or test.
type incidentRow struct {
	answers.Sighting
	In *revision
}

// filters are the parameters that filter incidents.
var filters = []string{"tree", "branch", "platform", "path", "arch", "compiler"}

// maxSearched is how many incidents a filter is applied to at a time.
const maxSearched = 2_000

// incidents reads the incidents on the page, and returns those in addition.
func (r *room) incidents(ctx context.Context, f shell.Filter, p *issuePage, of answers.SightingsOf) (map[string]answers.Sighting, error) {
	filtered := f.Has(filters...)
	of.N = pageRows + 1
	if filtered {
		of.N = maxSearched
	}
	if after := f.Get("after"); after != "" {
		at, incident, _ := strings.Cut(after, ".")
		micros, err := strconv.ParseInt(at, 10, 64)
		if err != nil || incident == "" {
			return nil, shell.BadValue("after", after, "the place in a list, as its links have it")
		}
		of.After = &answers.Sighting{At: micros, IncidentID: incident}
	}
	all, also, err := r.Answers.Sightings(ctx, of)
	if err != nil {
		return nil, err
	}
	in := &p.Incidents
	if filtered {
		in.Searched = int64(len(all))
	}
	var last *answers.Sighting // after which the next page begins
	for i := range all {
		row := incidentRow{all[i], r.revisionOf(&all[i].In, all[i].PatchsetHash)}
		if !row.accepted(f) {
			continue
		}
		if len(in.Rows) == pageRows {
			last = &in.Rows[pageRows-1].Sighting
			break
		}
		in.Rows = append(in.Rows, row)
	}
	if last == nil && filtered && len(all) == maxSearched {
		last = &all[len(all)-1]
	}
	in.page(f, p.Total, last)
	return also, nil
}

// accepted reports whether the incident meets the filter.
func (r *incidentRow) accepted(f shell.Filter) bool {
	tree, branch := "", ""
	if r.In != nil {
		tree, branch = r.In.Tree, r.In.Branch
	}
	return f.Matches("tree", tree) && f.Matches("branch", branch) && f.Matches("platform", r.Platform) && f.MatchesPath("path", r.Path) &&
		f.Matches("arch", r.Architecture) && f.Matches("compiler", r.Compiler)
}

// page sets the pager.
func (in *incidents) page(f shell.Filter, total int64, last *answers.Sighting) {
	shown := shell.Grouped(int64(len(in.Rows)))
	switch {
	case in.Searched > 0:
		in.Pager.Range = fmt.Sprintf("%s among %s", shown, shell.Plural(in.Searched, "incident"))
	case len(in.Rows) > 0:
		in.Pager.Range = fmt.Sprintf("%s of %s", shown, shell.Grouped(total))
	}
	if f.Has("after") {
		in.Pager.Newest = f.With("after")
	}
	if last != nil {
		in.Pager.Next, in.Pager.NextText = f.With("after", fmt.Sprintf("%d.%s", last.At, last.IncidentID)), fmt.Sprintf("Next %d", pageRows)
		if len(in.Rows) < pageRows {
			in.Pager.NextText = "Search older incidents"
		}
	}
}

// fields returns the fields of the filter bar.
func (p *issuePage) fields() []shell.Field {
	trees, branches := make(map[string]bool), make(map[string]bool)
	for _, row := range p.Where.Rows {
		if row.Seen() {
			trees[row.Tree], branches[row.Branch] = true, true
		}
	}
	return []shell.Field{
		{Label: "Tree", Name: "tree", Options: shell.Options(sortedNames(trees)...)},
		{Label: "Branch", Name: "branch", Options: shell.Options(sortedNames(branches)...)},
		{Label: "Test", Name: "path", Placeholder: "ltp.syscalls"},
		{Label: "Board", Name: "platform"},
		{Label: "Architecture", Name: "arch"},
		{Label: "Compiler", Name: "compiler"},
	}
}

// sortedNames returns the names in a set that a reader can choose and a URL can hold.
func sortedNames(set map[string]bool) []string {
	maps.DeleteFunc(set, func(name string, _ bool) bool { return !plain(name) })
	return slices.Sorted(maps.Keys(set))
}

// plain reports whether a name of a report is a line as it is.
func plain(name string) bool { return name != "" && shell.Line(name) == name }

// URL returns the URL of the build or test, "" if it is missing.
func (r *incidentRow) URL() string {
	switch {
	case r.TestID != "":
		return shell.TestURL(r.TestID)
	case r.BuildID != "":
		return shell.BuildURL(r.BuildID)
	}
	return ""
}

// Name returns the path of the test, or the target of the build.
func (r *incidentRow) Name() string {
	if r.TestID != "" {
		return cmp.Or(r.Path, r.TestID)
	}
	return cmp.Or(r.Target(), r.BuildID, r.IncidentID)
}

// Target returns the architecture, the configuration and the compiler.
func (r *incidentRow) Target() string {
	return strings.Join(strings.Fields(r.Architecture+" "+r.Config+" "+r.Compiler), " ")
}

// IsBuild reports whether the incident is of a build.
func (r *incidentRow) IsBuild() bool { return r.TestID == "" }

// Time returns when the build or test began.
func (r *incidentRow) Time() time.Time { return sqldb.Time(r.At) }
