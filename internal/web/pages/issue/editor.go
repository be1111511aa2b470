// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/internal/web/submit"
	"github.com/kcidb-go/kcidb/report"
)

// editor has the form to record issues.
type editor struct {
	*room
	receiver *submit.Receiver
}

const editorPath = "/issues/new"

// maxForm is the most bytes of a form: 100 results with long IDs.
const maxForm = 128 << 10

// editorPage is the data of editor.html.
type editorPage struct {
	draft
	Stored     *report.Issue // the newest version of the issue to change, nil for a new issue
	Of         *candidate    // the result that the form was opened for, nil for none
	Candidates []candidate
	Faults     faults
	Tokens     bool
}

// candidate is a result that may have the issue.
type candidate struct {
	Value  string // "test:ID" or "build:ID"
	Name   string
	URL    string
	Where  string // the board, and the target of the build
	Origin string
	Chosen bool
}

// form answers with the form: empty, for a failed result, or for an issue to change.
func (e *editor) form(req *http.Request) (*shell.Page, error) {
	if req.URL.Path != editorPath {
		return nil, shell.NotFound("No such page", "The form to record an issue is at /issues/new.")
	}
	f := shell.FilterOf(req)
	p := &editorPage{draft: draft{Test: f.Get("test"), Build: f.Get("build"), Issue: f.Get("issue")}}
	if err := e.load(req.Context(), p); err != nil {
		return nil, err
	}
	return e.pageOf(p, 0), nil
}

// load reads the issue and the result of the draft, and fills in the draft.
func (e *editor) load(ctx context.Context, p *editorPage) error {
	test, build := p.Test, p.Build
	if p.Issue != "" {
		found, err := e.find(ctx, p.Issue, -1)
		if err != nil {
			return err
		}
		p.Stored = found.Issue
		p.draft = draftOf(p.Stored)
		p.Test, p.Build = test, build
	}
	return e.loadResult(ctx, p)
}

// loadResult reads the result that the form is for, and results that fail by the same
// cause.
func (e *editor) loadResult(ctx context.Context, p *editorPage) error {
	kind, id := rollup.Tests, p.Test
	if id == "" {
		kind, id = rollup.Builds, p.Build
	}
	if id == "" {
		return nil
	}
	found, err := e.result(ctx, kind, id)
	if err != nil {
		return err
	}
	p.Of = &found.candidate
	p.Candidates = []candidate{found.candidate}
	if p.Stored == nil {
		p.Fault, p.Path = shell.Line(found.fault), found.path
		p.Comment = shell.Line(cmp.Or(found.title, found.fault, found.candidate.Name+" fails"))
	}
	more, err := e.sameCause(ctx, kind, id)
	p.Candidates = append(p.Candidates, more...)
	for _, c := range p.Candidates {
		p.Results = append(p.Results, c.Value)
	}
	return err
}

// failed is a result with its fault.
type failed struct {
	candidate
	path, fault, title string
}

// result reads a test or a build.
func (e *editor) result(ctx context.Context, kind rollup.Kind, id string) (*failed, error) {
	q := store.Query{Tests: []string{id}}
	if kind == rollup.Builds {
		q = store.Query{Builds: []string{id}}
	}
	for found, err := range e.Store.Query(ctx, q) {
		if err != nil {
			return nil, err
		}
		if len(found.Tests) > 0 {
			t := found.Tests[0]
			r := &failed{path: shell.Text(t.Path), candidate: candidate{Value: "test:" + id, Name: cmp.Or(shell.Text(t.Path), id), URL: shell.TestURL(id), Origin: t.Origin}}
			if t.Environment != nil {
				var platforms rollup.Platforms
				r.Where = platforms.Of(t.Environment.Misc)
			}
			r.fault, _, r.title = verdict.Fault(shell.Text(t.LogExcerpt), r.path)
			return r, nil
		}
		if len(found.Builds) > 0 {
			b := found.Builds[0]
			r := &failed{candidate: candidate{Value: "build:" + id, Name: "build", URL: shell.BuildURL(id), Origin: b.Origin}}
			r.Where = strings.Join(strings.Fields(shell.Text(b.Architecture)+" "+shell.Text(b.ConfigName)+" "+shell.Text(b.Compiler)), " ")
			r.Name = cmp.Or(r.Where, id)
			r.fault, _, r.title = verdict.Fault(shell.Text(b.LogExcerpt), "")
			return r, nil
		}
	}
	return nil, shell.NotFound("No such result", "The test or build is not here yet: it is shown as soon as it is loaded. Open the form again from its page.")
}

// sameCause returns the other results that fail by the same cause at the revision of a
// result, on the branch where it was judged first.
func (e *editor) sameCause(ctx context.Context, kind rollup.Kind, id string) (all []candidate, err error) {
	if e.Verdicts == nil {
		return nil, nil
	}
	judged, err := e.Verdicts.OfObjects(ctx, kind, []string{id})
	if err != nil || len(judged[id]) == 0 || judged[id][0].Cause == 0 {
		return nil, err
	}
	of := judged[id][0]
	results, err := e.Verdicts.Results(ctx, verdicts.ResultsOf{Revision: of.Revision, Cause: of.Cause, Status: []string{"-PASS", "-DONE"}, N: maxResults})
	for i := range results {
		if r := &results[i]; r.ID != id && len(all) < maxResults-1 {
			all = append(all, candidateOf(r))
		}
	}
	return all, err
}

func candidateOf(r *verdicts.Result) candidate {
	target := strings.Join(strings.Fields(r.Architecture+" "+r.Config+" "+r.Compiler), " ")
	if r.Kind == rollup.Builds {
		return candidate{Value: "build:" + r.ID, Name: cmp.Or(target, r.ID), URL: shell.BuildURL(r.ID), Origin: r.Origin}
	}
	return candidate{
		Value: "test:" + r.ID, Name: cmp.Or(r.Path, r.ID), URL: shell.TestURL(r.ID), Where: strings.TrimSpace(r.Platform + " " + target), Origin: r.Origin,
	}
}

// pageOf makes the page of the form.
func (e *editor) pageOf(p *editorPage, status int) *shell.Page {
	p.Tokens = e.Tokens
	for i := range p.Candidates {
		p.Candidates[i].Chosen = slices.Contains(p.Results, p.Candidates[i].Value)
	}
	page := &shell.Page{
		Title: p.Heading(), Section: "Issues", Crumbs: []shell.Link{{Text: "Issues", URL: listPath}, {Text: "Record"}},
		Content: templates.Content("editor.html", p), Status: status,
	}
	if p.Stored != nil {
		page.Crumbs = []shell.Link{{Text: "Issues", URL: listPath}, {Text: p.Issue, URL: shell.IssueURL(p.Issue)}, {Text: "Edit"}}
	}
	if len(p.Faults) > 0 {
		page.Title = "Not recorded: " + page.Title
	}
	return page
}

// Heading returns the heading of the form.
func (p *editorPage) Heading() string {
	if p.Stored == nil {
		return "Record an issue"
	}
	return "Edit " + titleOf(p.Issue, shell.Text(p.Stored.Comment), shell.Text(p.Stored.ReportSubject))
}

// CulpritBoxes returns the culprits to choose.
func (p *editorPage) CulpritBoxes() (all []candidate) {
	for _, c := range culprits {
		all = append(all, candidate{Value: c.Name, Name: c.Help, Chosen: slices.Contains(p.Culprits, c.Name)})
	}
	return all
}

// NextVersion returns the version that the form records.
func (p *editorPage) NextVersion() int { return p.Base + 1 }

// FaultOf returns the fault of a field, "" for none.
func (p *editorPage) FaultOf(field string) string {
	for _, f := range p.Faults {
		if f.Field == field {
			return f.Text
		}
	}
	return ""
}

// sent answers the form.
func (e *editor) sent(req *http.Request) (*shell.Page, error) {
	if req.URL.Path != editorPath {
		return nil, shell.NotFound("No such page", "The form to record an issue is at /issues/new.")
	}
	req.Body = http.MaxBytesReader(nil, req.Body, maxForm)
	if err := req.ParseForm(); err != nil {
		return nil, unreadable(err)
	}
	d := draftSent(req.PostForm)
	token := strings.TrimSpace(req.PostForm.Get("token"))
	id, err := e.receiver.SubmitForm(req, token, func(origin string) ([]byte, error) { return e.write(req.Context(), &d, origin) })
	if err == nil {
		return nil, &shell.Redirect{To: shell.SubmissionURL(id)}
	}
	return e.again(req.Context(), d, err)
}

// unreadable returns the refusal of a form that cannot be read.
func unreadable(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &shell.Refusal{Status: http.StatusRequestEntityTooLarge, Title: "The form is too large", Help: "Nothing was recorded. A form has at most 128 kB: choose fewer results. Go back: the browser has what you typed."}
	}
	return &shell.Refusal{Status: http.StatusBadRequest, Title: "The form cannot be read", Help: "Nothing was recorded. Open the form again at /issues/new."}
}

// write returns the report of a draft that an origin sends.
func (e *editor) write(ctx context.Context, d *draft, origin string) ([]byte, error) {
	if !e.Tokens {
		origin = d.Origin
	}
	var stored *report.Issue
	if d.Issue != "" {
		found, err := e.find(ctx, d.Issue, -1)
		if err != nil {
			return nil, err
		}
		stored = found.Issue
	}
	r, err := d.report(origin, stored)
	if err != nil {
		return nil, err
	}
	if err := e.known(ctx, d.Results); err != nil {
		return nil, err
	}
	return r.AppendJSON(nil), nil
}

// known returns a fault unless all results are in the database.
func (e *editor) known(ctx context.Context, results []string) error {
	var q store.Query
	missing := make(map[string]bool)
	for _, result := range results {
		missing[result] = true
		if id, isTest := strings.CutPrefix(result, "test:"); isTest {
			q.Tests = append(q.Tests, id)
		} else {
			q.Builds = append(q.Builds, strings.TrimPrefix(result, "build:"))
		}
	}
	if q.Empty() {
		return nil
	}
	for found, err := range e.Store.Query(ctx, q) {
		if err != nil {
			return err
		}
		for i := range found.Tests {
			delete(missing, "test:"+found.Tests[i].ID)
		}
		for i := range found.Builds {
			delete(missing, "build:"+found.Builds[i].ID)
		}
	}
	for result := range missing {
		return faults{{"results", "No such result: " + shell.Line(result) + "."}}
	}
	return nil
}

// again answers with the form as it was sent, without the token, and its faults.
func (e *editor) again(ctx context.Context, d draft, cause error) (*shell.Page, error) {
	status := http.StatusUnprocessableEntity
	p := &editorPage{}
	var refusal *submit.Refusal
	switch {
	case errors.As(cause, &p.Faults):
	case errors.As(cause, &refusal) && refusal.Status == http.StatusForbidden:
		return nil, &shell.Refusal{
			Status: http.StatusForbidden, Title: "The form came from another site",
			Help: "Nothing was recorded. Only the pages of this service may send its forms, so that no other site can record issues in your name. Open the form here, at /issues/new.",
		}
	case errors.As(cause, &refusal):
		status = refusal.Status
		p.Faults = faultsOf(refusal)
	default:
		return nil, cause
	}
	// The results of the form are offered again.
	p.Test, p.Build, p.Issue = d.Test, d.Build, d.Issue
	if err := e.load(ctx, p); err != nil {
		return nil, err
	}
	p.draft = d
	for _, result := range d.Results[:min(maxResults, len(d.Results))] {
		if !slices.ContainsFunc(p.Candidates, func(c candidate) bool { return c.Value == result }) {
			p.Candidates = append(p.Candidates, candidate{Value: result, Name: result})
		}
	}
	return e.pageOf(p, status), nil
}

// faultsOf returns the faults that the receiver found.
func faultsOf(r *submit.Refusal) faults {
	if r.Status == http.StatusUnauthorized {
		return faults{{"token", "The token is not valid: " + shell.Line(r.Message) + "."}}
	}
	all := faults{{"comment", shell.Line(r.Message)}}
	for _, f := range r.Faults {
		all = append(all, fault{"comment", shell.Line(f.String())})
	}
	return all
}
