// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// issuePage is the data of issue.html.
type issuePage struct {
	Now      time.Time
	Issue    *report.Issue
	Versions []answers.IssueVersion // newest first
	One      bool                   // the page counts only its version
	Counts   bool                   // the database keeps counts

	Total, Absent int64
	First, Last   *seen // nil if it was never seen
	Where         matrix
	Example       *example
	Incidents     incidents
}

// seen is an incident with its revision.
type seen struct {
	answers.Sighting
	In *revision
}

// Time returns when the build or test with the incident began.
func (s *seen) Time() time.Time { return sqldb.Time(s.At) }

// noIssue refuses the ID of no issue.
var noIssue = shell.NotFound("No such issue",
	"An issue has an ID such as maestro:0a1b2c, and numbers as versions: /issue/ID/VERSION. It is shown as soon as it is loaded. The list at /issues has a search.")

// issue is the view of an issue in all its versions, or of one of them.
func (r *room) issue(req *http.Request) (*shell.Page, error) {
	segments := shell.Segments(req, prefix)
	version := -1
	if len(segments) == 2 {
		version = parseVersion(segments[1])
	}
	if len(segments) == 0 || len(segments) > 2 || len(segments) == 2 && version < 0 {
		return nil, noIssue
	}
	p, err := r.find(req.Context(), segments[0], version)
	if err != nil {
		return nil, err
	}
	if r.Answers != nil {
		if err := r.count(req.Context(), shell.FilterOf(req), p); err != nil {
			return nil, err
		}
	}
	return r.pageOf(p), nil
}

// find reads the issue in a version, by default the newest.
func (r *room) find(ctx context.Context, id string, version int) (*issuePage, error) {
	p := &issuePage{Now: r.Now(), One: version >= 0, Counts: r.Answers != nil}
	var err error
	if p.Versions, err = r.versions(ctx, id); err != nil {
		return nil, err
	}
	if version < 0 && len(p.Versions) > 0 {
		version = p.Versions[0].Version
	}
	if !slices.ContainsFunc(p.Versions, func(v answers.IssueVersion) bool { return v.Version == version }) {
		return nil, noIssue
	}
	p.Issue, err = r.read(ctx, store.Key{ID: id, Version: version})
	return p, err
}

// versions returns the versions of an issue, the newest first.
func (r *room) versions(ctx context.Context, id string) ([]answers.IssueVersion, error) {
	if r.Answers != nil {
		return r.Answers.IssueVersions(ctx, id)
	}
	found, err := graph.New(ctx, r.Store).Find(object.IssueRef(id))
	if err != nil {
		return nil, err
	}
	known, err := found[0].(*graph.Issue).Versions()
	var all []answers.IssueVersion
	for _, v := range slices.Backward(known) {
		all = append(all, answers.IssueVersion{Version: v.Version, At: micros(v.Timestamp), Comment: v.Remark()})
	}
	return all, err
}

// micros returns a time in microseconds since 1970, 0 for none.
func micros(at *time.Time) int64 {
	if at == nil {
		return 0
	}
	return at.UnixMicro()
}

// read returns a version of an issue.
func (r *room) read(ctx context.Context, key store.Key) (*report.Issue, error) {
	for found, err := range r.Store.Query(ctx, store.Query{Issues: []store.Key{key}, Metadata: true}) {
		if err != nil {
			return nil, err
		}
		if len(found.Issues) > 0 {
			return &found.Issues[0], nil
		}
	}
	return nil, noIssue
}

// counted returns the versions that the page counts.
func (p *issuePage) counted() []answers.IssueVersion {
	if !p.One {
		return p.Versions
	}
	i := slices.IndexFunc(p.Versions, func(v answers.IssueVersion) bool { return v.Version == p.Issue.Version })
	return p.Versions[i : i+1]
}

// count reads where and how often the issue was seen.
func (r *room) count(ctx context.Context, f shell.Filter, p *issuePage) error {
	of := answers.SightingsOf{Issue: p.Issue.ID}
	var first, last answers.IssueVersion
	for _, v := range p.counted() {
		p.Total, p.Absent = p.Total+v.Sightings, p.Absent+v.Absent
		if v.Sightings > 0 {
			of.Versions = append(of.Versions, v.Version)
		}
		if v.First > 0 && (first.First == 0 || v.First < first.First) {
			first = v
		}
		if v.Last > last.Last {
			last = v
		}
	}
	of.Also = []string{first.FirstIncident, last.LastIncident}
	also, err := r.incidents(ctx, f, p, of)
	if err != nil {
		return err
	}
	known := func(id string) *seen {
		if s, ok := also[id]; ok {
			return r.seen(s)
		}
		return nil
	}
	p.First, p.Last = known(first.FirstIncident), known(last.LastIncident)
	if err := r.where(ctx, p, of); err != nil {
		return err
	}
	p.Incidents.Bar = f.Bar(p.fields()...)
	return r.example(ctx, p)
}

func (r *room) seen(s answers.Sighting) *seen { return &seen{s, r.revisionOf(&s.In, s.PatchsetHash)} }

// pageOf makes the page.
func (r *room) pageOf(p *issuePage) *shell.Page {
	id := p.Issue.ID
	page := &shell.Page{
		Title: p.Mark() + ": " + p.Title(), Section: "Issues",
		Crumbs:  []shell.Link{{Text: "Issues", URL: listPath}, {Text: id}},
		Content: templates.Content("issue.html", p), JSON: "/api" + shell.IssueURL(id), Changed: p.changed(),
	}
	if p.One {
		page.Crumbs[1].URL = shell.IssueURL(id)
		page.Crumbs = append(page.Crumbs, shell.Link{Text: fmt.Sprintf("version %d", p.Issue.Version)})
		page.JSON += fmt.Sprintf("?version=%d", p.Issue.Version)
	}
	if p.Counts {
		page.Atom = "/atom" + shell.IssueURL(id)
	}
	return page
}

// path returns the path of the page.
func (p *issuePage) path() string {
	if p.One {
		return shell.IssueVersionURL(p.Issue.ID, p.Issue.Version)
	}
	return shell.IssueURL(p.Issue.ID)
}

// changed returns when the last version or incident arrived.
func (p *issuePage) changed() time.Time {
	var at int64
	for _, v := range p.counted() {
		at = max(at, v.At, v.Arrived)
	}
	return sqldb.Time(at)
}

// Title returns the title of the issue.
func (p *issuePage) Title() string {
	return titleOf(p.Issue.ID, shell.Text(p.Issue.Comment), shell.Text(p.Issue.ReportSubject))
}

// Culprit returns the culprits in words.
func (p *issuePage) Culprit() string { return culpritsOf(facts.CulpritsOf(p.Issue)) }

// Categories returns the categories of the issue, each with a link to the issues of it.
func (p *issuePage) Categories() (all []shell.Link) {
	for _, category := range p.Issue.Categories {
		link := shell.Link{Text: category}
		if plain(category) {
			link.URL = listPath + "?" + url.Values{"category": {category}}.Encode()
		}
		all = append(all, link)
	}
	return all
}

// Report returns a link to where people discuss the issue, nil for none.
func (p *issuePage) Report() *shell.Link {
	at := shell.Outside(shell.Text(p.Issue.ReportURL))
	if at == "" {
		return nil
	}
	return &shell.Link{Text: cmp.Or(shell.Text(p.Issue.ReportSubject), "Report"), URL: at}
}

// isOpen reports whether the issue was seen of late.
func (p *issuePage) isOpen() bool { return p.Last != nil && p.Now.Sub(p.Last.Time()) <= openFor }

// Kind returns the verdict whose look the answer has.
func (p *issuePage) Kind() verdict.Kind {
	switch {
	case p.isOpen():
		return verdict.Known
	case p.Total > 0:
		return verdict.OK
	}
	return verdict.Skip
}

// Mark returns the state in capitals.
func (p *issuePage) Mark() string {
	switch {
	case !p.Counts:
		return "ISSUE"
	case p.isOpen():
		return "OPEN"
	case p.Total > 0:
		return "ENDED"
	case p.everSeen() > 0:
		return "NO INCIDENT"
	}
	return "NEVER SEEN"
}

// everSeen is how often the issue was seen in all its versions.
func (p *issuePage) everSeen() (n int64) {
	for _, v := range p.Versions {
		n += v.Sightings
	}
	return n
}

// Sentence says how often the issue was seen, and since when.
func (p *issuePage) Sentence() string {
	last := ""
	if p.Last != nil {
		last = shell.Age(p.Now, p.Last.Time())
	}
	switch {
	case !p.Counts:
		return "The database of this service does not count where issues are seen."
	case p.Total == 0 && p.everSeen() > 0:
		return fmt.Sprintf("This version has no incident; the issue was seen %s.", times(p.everSeen()))
	case p.Total == 0:
		return "No incident says where it is seen."
	case p.First == nil || p.Last == nil:
		return fmt.Sprintf("Seen %s, at unknown times.", times(p.Total))
	case !p.isOpen():
		return fmt.Sprintf("Not seen for %s. Seen %s from %s to %s.", last, times(p.Total), shell.Day(p.Now, p.First.Time()), shell.Day(p.Now, p.Last.Time()))
	}
	return fmt.Sprintf("Seen %s since %s, last %s ago%s.", times(p.Total), shell.Day(p.Now, p.First.Time()), last, p.Where.Sentence())
}

// times returns a number of times, such as "once" or "122 times".
func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return shell.Grouped(n) + " times"
}

// Came returns when the version last arrived.
func (p *issuePage) Came() time.Time { return sqldb.Time(micros(p.Issue.Timestamp)) }

// JSON returns the whole issue as text.
func (p *issuePage) JSON() string {
	var out bytes.Buffer
	whole := (&report.Report{Issues: []report.Issue{*p.Issue}}).AppendJSON(nil)
	if err := json.Indent(&out, whole, "", "  "); err != nil {
		return ""
	}
	return describe.Text(out.String())
}

// property is a property of the free object of an issue.
type property struct{ Name, Value string }

// maxProperties is how many properties of the free object the page shows in a list.
const maxProperties = 20

// Properties returns the plain values of the free object (misc), by which programs recognise
// the issue.
func (p *issuePage) Properties() (all []property) {
	var misc map[string]any
	if json.Unmarshal(p.Issue.Misc, &misc) != nil {
		return nil
	}
	var add func(name string, value any, depth int)
	add = func(name string, value any, depth int) {
		switch value := value.(type) {
		case map[string]any:
			for _, member := range slices.Sorted(maps.Keys(value)) {
				if depth < 3 {
					add(name+"."+member, value[member], depth+1)
				}
			}
		case string, float64, bool:
			all = append(all, property{name[1:], fmt.Sprint(value)})
		}
	}
	add("", misc, 0)
	return all[:min(maxProperties, len(all))]
}
