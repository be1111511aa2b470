// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// edition is the dashboards for a kind of database.
type edition struct {
	dir, uids string
	plugin    string // the type of data sources
	sources   string // the type, as the variable names it
	format    string // of variables in SQL
}

var (
	postgresEdition = edition{".", "kcidb-", "grafana-postgresql-datasource", "postgres", "sqlstring"}
	bigQueryEdition = edition{"bigquery", "kcidb-bigquery-", "grafana-bigquery-datasource", "grafana-bigquery-datasource", "singlequote"}
)

// eachEdition runs a test for each edition.
func eachEdition(t *testing.T, test func(t *testing.T, e edition)) {
	for _, e := range []edition{postgresEdition, bigQueryEdition} {
		t.Run(e.sources, func(t *testing.T) { test(t, e) })
	}
}

// dashboard is the part of a dashboard that the tests check.
type dashboard struct {
	UID, Title    string
	SchemaVersion int
	Tags          []string
	Panels        []panel
	Links         []link
	Templating    struct{ List []variable }
}

type variable struct {
	Type, Name, AllValue string
	Query                query
	Multi, IncludeAll    bool
}

// query is the query of a variable: a text, or an object with the SQL.
type query string

func (q *query) UnmarshalJSON(data []byte) error {
	var target struct{ RawSQL string }
	if json.Unmarshal(data, &target) == nil {
		*q = query(target.RawSQL)
		return nil
	}
	return json.Unmarshal(data, (*string)(q))
}

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               source
	GridPos                  struct{ X, Y, W, H int }
	Targets                  []struct {
		RawSQL     string
		Datasource source
	}
	FieldConfig struct {
		Defaults  struct{ Links []link }
		Overrides []struct {
			Matcher    struct{ ID, Options string }
			Properties []struct {
				ID    string
				Value json.RawMessage
			}
		}
	}
	Options struct{ XField string }
}

type source struct{ Type, UID string }

type link struct{ Title, URL string }

// dashboards returns all dashboards of the edition by their UIDs.
func (e edition) dashboards(t *testing.T) map[string]*dashboard {
	t.Helper()
	files, err := filepath.Glob(e.dir + "/dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	all := map[string]*dashboard{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := &dashboard{}
		if err := json.Unmarshal(content, d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if want := e.uids + strings.TrimSuffix(filepath.Base(file), ".json"); d.UID != want {
			t.Errorf("%s has the UID %q, not %q", file, d.UID, want)
		}
		all[d.UID] = d
	}
	return all
}

// variable returns the dashboard's variable with the name, or nil.
func (d *dashboard) variable(name string) *variable {
	i := slices.IndexFunc(d.Templating.List, func(v variable) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &d.Templating.List[i]
}

// columnLinks returns the links of a panel by column, with the links of all
// columns under "".
func (p *panel) columnLinks(t *testing.T) map[string][]link {
	t.Helper()
	links := map[string][]link{}
	if all := p.FieldConfig.Defaults.Links; len(all) > 0 {
		links[""] = all
	}
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			if property.ID != "links" {
				continue
			}
			var of []link
			if err := json.Unmarshal(property.Value, &of); err != nil || o.Matcher.ID != "byName" {
				t.Errorf("panel %q: links of %s %s: %v", p.Title, o.Matcher.ID, o.Matcher.Options, err)
			}
			links[o.Matcher.Options] = of
		}
	}
	return links
}

func TestPanels(t *testing.T) { eachEdition(t, testPanels) }

func testPanels(t *testing.T, e edition) {
	kinds := []string{"table", "stat", "timeseries", "barchart", "text", "logs"}
	for uid, d := range e.dashboards(t) {
		if d.Title == "" || d.SchemaVersion < 39 || !slices.Contains(d.Tags, "kcidb") {
			t.Errorf("%s: title %q, schema version %d, tags %q", uid, d.Title, d.SchemaVersion, d.Tags)
		}
		titles := map[string]bool{}
		ids := map[int]bool{}
		taken := map[[2]int]string{}
		for _, p := range d.Panels {
			if ids[p.ID] || titles[p.Title] || p.ID < 1 || p.Title == "" {
				t.Errorf("%s: there are two of panel %d, %q", uid, p.ID, p.Title)
			}
			ids[p.ID], titles[p.Title] = true, true
			if !slices.Contains(kinds, p.Type) {
				t.Errorf("%s: panel %q is of type %q, which not every Grafana has", uid, p.Title, p.Type)
			}
			g := p.GridPos
			if g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
				t.Errorf("%s: panel %q is at %+v", uid, p.Title, g)
			}
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					if other := taken[[2]int{x, y}]; other != "" {
						t.Fatalf("%s: panels %q and %q overlap", uid, other, p.Title)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
			if p.Type == "text" {
				continue
			}
			if p.Description == "" || len(p.Targets) != 1 {
				t.Errorf("%s: panel %q has the description %q and %d queries", uid, p.Title, p.Description, len(p.Targets))
				continue
			}
			chosen := source{e.plugin, "${datasource}"}
			if p.Datasource != chosen || p.Targets[0].Datasource != chosen {
				t.Errorf("%s: panel %q does not use the data source that is chosen", uid, p.Title)
			}
		}
	}
}

// TestVariables checks that SQL uses only variables of its dashboard, in a form in
// which any value stays a string.
func TestVariables(t *testing.T) { eachEdition(t, testVariables) }

func testVariables(t *testing.T, e edition) {
	for uid, d := range e.dashboards(t) {
		if v := d.variable("datasource"); v == nil || v.Type != "datasource" || v.Query != query(e.sources) {
			t.Errorf("%s: no variable for the data source: %+v", uid, v)
		}
		names := map[string]bool{}
		for _, v := range d.Templating.List {
			if names[v.Name] {
				t.Errorf("%s has two variables %s", uid, v.Name)
			}
			if v.IncludeAll != (v.AllValue != "") || v.Multi != v.IncludeAll {
				t.Errorf("%s: variable %s: %+v", uid, v.Name, v)
			}
			names[v.Name] = true
		}
		used := map[string]bool{}
		for where, sql := range d.statements() {
			for _, m := range variableUse.FindAllStringSubmatch(sql, -1) {
				name := m[1] + m[2] + m[4]
				if strings.HasPrefix(name, "__") {
					continue
				}
				used[name] = true
				if !names[name] {
					t.Errorf("%s: %s: there is no variable %s", uid, where, m[0])
				}
				if want := e.format; m[6] != want && name != dataset {
					t.Errorf("%s: %s: %s is not ${%s:%s}", uid, where, m[0], name, want)
				}
			}
		}
		for name := range names {
			if !used[name] && name != "datasource" {
				t.Errorf("%s: no SQL uses the variable %s", uid, name)
			}
		}
	}
}

// statements returns the SQL of the dashboard, by panel or variable.
func (d *dashboard) statements() map[string]string {
	all := map[string]string{}
	for _, v := range d.Templating.List {
		if v.Type == "query" {
			all["variable "+v.Name] = string(v.Query)
		}
	}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all["panel "+p.Title] = target.RawSQL
		}
	}
	return all
}

// Users type in the variable optional, and links need not set it. The variable dataset is a
// part of names in SQL.
const optional, dataset = "path", "dataset"

var (
	carried = regexp.MustCompile(`^\$\{(\w+):queryparam\}$`)
	given   = regexp.MustCompile(`^var-(\w+)=\$\{(?:__data\.fields\["[^"]+"\]|(\w+)):percentencode\}$`)
)

// TestLinks checks that links lead to existing dashboards and set existing
// variables, and that each dashboard is reachable from every other.
func TestLinks(t *testing.T) { eachEdition(t, testLinks) }

func testLinks(t *testing.T, e edition) {
	all := e.dashboards(t)
	reached := map[string]map[string]bool{}
	for uid, d := range all {
		reached[uid] = map[string]bool{}
		links := slices.Clone(d.Links)
		for _, p := range d.Panels {
			for _, of := range p.columnLinks(t) {
				links = append(links, of...)
			}
		}
		for _, l := range links {
			if l.URL == "${__value.raw:raw}" {
				continue
			}
			path, query, _ := strings.Cut(l.URL, "?")
			target, ok := all[strings.TrimPrefix(path, "/d/")]
			if !ok || l.Title == "" {
				t.Errorf("%s: link %q leads nowhere: %s", uid, l.Title, l.URL)
				continue
			}
			reached[uid][target.UID] = true
			set := map[string]bool{}
			for parameter := range strings.SplitSeq(query, "&") {
				if m := carried.FindStringSubmatch(parameter); m != nil {
					if d.variable(m[1]) == nil || target.variable(m[1]) == nil {
						t.Errorf("%s: link %q: not both pages have %s", uid, l.Title, parameter)
					}
					set[m[1]] = true
				} else if m := given.FindStringSubmatch(parameter); m != nil {
					if target.variable(m[1]) == nil || m[2] != "" && d.variable(m[2]) == nil {
						t.Errorf("%s: link %q: no such variable: %s", uid, l.Title, parameter)
					}
					set[m[1]] = true
				} else if parameter != "${__url_time_range}" {
					t.Errorf("%s: link %q: what is %s?", uid, l.Title, parameter)
				}
			}
			for _, v := range target.Templating.List {
				if !v.IncludeAll && v.Name != optional && !set[v.Name] {
					t.Errorf("%s: link %q to %s does not say which %s", uid, l.Title, target.UID, v.Name)
				}
			}
		}
	}
	home := e.uids + "home"
	for uid := range all {
		if uid != home && !reached[uid][home] {
			t.Errorf("%s does not lead home", uid)
		}
		if uid != home && !reachable(reached, home, uid) {
			t.Errorf("nothing leads from %s to %s", home, uid)
		}
	}
}

// reachable reports whether links lead from one dashboard to another.
func reachable(links map[string]map[string]bool, from, to string) bool {
	seen := map[string]bool{from: true}
	for next := []string{from}; len(next) > 0; next = next[1:] {
		for uid := range links[next[0]] {
			if uid == to {
				return true
			}
			if !seen[uid] {
				seen[uid] = true
				next = append(next, uid)
			}
		}
	}
	return false
}
