// SPDX-License-Identifier: Apache-2.0

package result

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
)

// incidentPage is the page of an incident: the issue, and where it was seen.
type incidentPage struct {
	Incident *graph.Incident
	Seen     bool
	Issue    shell.Link
	Version  int
	In       []shell.Link // the test and the build that show it
	Comment  string
	Origin   string
	Stored   []storedObject
}

// incident is the page of an incident.
func (s *room) incident(r *http.Request, id string) (*shell.Page, error) {
	n, err := find[*graph.Incident](r, s, object.IncidentRef(id), unknown("incident", id,
		"An incident is shown as soon as its report is loaded, which takes seconds. If it was sent, its receipt says what became of it. Was the ID cut short?"))
	if err != nil {
		return nil, err
	}
	issue := n.Issue()
	page := &incidentPage{
		Incident: n, Seen: n.Seen(), Version: n.IssueVersion, Comment: block(n.Remark()), Origin: n.Origin,
		Issue:  shell.Link{Text: cmp.Or(issue.Subject(), issue.Remark(), n.IssueID), URL: shell.IssueVersionURL(n.IssueID, n.IssueVersion)},
		Stored: []storedObject{{"This incident", "", stored(&n.Incident)}},
	}
	if n.TestID != nil {
		page.In = append(page.In, shell.Link{Text: "test " + cmp.Or(n.Test().Path(), *n.TestID), URL: shell.TestURL(*n.TestID)})
	}
	if b := n.Build(); b.Build.ID != "" {
		page.In = append(page.In, shell.Link{Text: "build " + cmp.Or(joined(b.Architecture(), b.Config()), b.Build.ID), URL: shell.BuildURL(b.Build.ID)})
	}
	word := map[bool]string{true: "SEEN: ", false: "NOT SEEN: "}[page.Seen]
	return &shell.Page{
		Title: word + page.Issue.Text, Section: "Issues", Crumbs: []shell.Link{{Text: "Issues", URL: "/issues"}, page.Issue, {Text: "incident"}},
		JSON:    "/api/objects?" + url.Values{"pattern": {object.IncidentRef(id).Pattern().String()}}.Encode(),
		Content: templates.Content("incident.html", page), Changed: timeOf(n.Timestamp),
	}, nil
}
