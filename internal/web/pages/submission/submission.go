// SPDX-License-Identifier: Apache-2.0

// Package submission has the page of a submission: its state, the objects that it brought,
// and hints that would make its results more useful.
package submission

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/internal/web/submit"
	"github.com/kcidb-go/kcidb/report"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// Finder returns the state of a submission: submit.Receiver.Find.
type Finder func(ctx context.Context, id string) (submit.State, error)

const prefix = "/submission/"

// Routes adds the page to a front.
func Routes(f *front.Front, s *shell.Shell, find Finder) {
	s.HandleBelow(f, prefix, func(r *http.Request) (*shell.Page, error) {
		segments := shell.Segments(r, prefix)
		if len(segments) != 1 || !submit.IsID(segments[0]) {
			return nil, unknown
		}
		state, err := find(r.Context(), segments[0])
		if err != nil {
			return nil, err
		}
		if state.Stage == submit.Unknown {
			return nil, unknown
		}
		return view(r, s, segments[0], state)
	})
}

var unknown = shell.NotFound("No submission has this ID",
	"The answer to a report has the ID of its submission. A report that was refused has no ID: its answer says what to mend. Old receipts are removed.")

// page is the data of submission.html.
type page struct {
	ID    string
	URL   string // of this service, as the reader sees it
	State submit.State
	Facts *answers.Brought // nil if the database keeps no counts, or if nothing is loaded
	// Revisions are those of its objects, each once, on one of their branches.
	Revisions []verdicts.Revision
	Rejected  []tray.Row // the first of its rejected objects
	Tokens    bool
}

// mostRejected is the number of rejected objects on the page.
const mostRejected = 100

func view(r *http.Request, s *shell.Shell, id string, state submit.State) (*shell.Page, error) {
	p := page{ID: id, URL: shell.Address(r), State: state, Tokens: s.Tokens}
	if state.Receipt.Rejected > 0 && s.Answers != nil {
		var err error
		if p.Rejected, err = tray.New(s.Answers.DB).Find(r.Context(), tray.Question{Submission: id, Most: mostRejected}); err != nil {
			return nil, err
		}
	}
	if state.Stage == submit.Loaded && s.Answers != nil && s.Verdicts != nil {
		var err error
		if p.Facts, err = s.Answers.BroughtBy(r.Context(), state.Receipt.Received); err != nil {
			return nil, err
		}
		found, err := s.Verdicts.OfCheckouts(r.Context(), p.Facts.Checkouts)
		if err != nil {
			return nil, err
		}
		p.Revisions = verdicts.Distinct(found)
	}
	return &shell.Page{
		Title:  p.Mark() + ": submission " + id,
		Crumbs: []shell.Link{{Text: "Submit results", URL: "/submit-results"}, {Text: "Submission"}},
		// An open page asks whether the submission is loaded meanwhile.
		Changed: p.changed(),
		JSON:    "/status?id=" + id,
		Content: templates.Content("submission.html", p),
	}, nil
}

// Refused returns the number of rejected objects, Unlisted that of those that the page leaves
// out, and Waiting that of those on the page that wait for a correction.
func (p page) Refused() int64  { return int64(p.State.Receipt.Rejected) }
func (p page) Unlisted() int64 { return max(p.Refused()-int64(len(p.Rejected)), 0) }
func (p page) Waiting() (n int64) {
	for i := range p.Rejected {
		if p.Rejected[i].State == tray.Waiting {
			n++
		}
	}
	return n
}

// Open reports whether an object waits for a correction, or may wait: a public database has no
// objects of a submission with private ones, and the page has only the first of many.
func (p page) Open() bool { return p.Waiting() > 0 || p.Unlisted() > 0 }

// Effects returns the numbers of objects by what became of them, without those of 0.
func (p page) Effects() (all []row) {
	for _, e := range store.Effects {
		if n := p.State.Receipt.Details.Count(e); n > 0 {
			all = append(all, row{string(e), int64(n)})
		}
	}
	if n := p.Refused(); n > 0 {
		all = append(all, row{"rejected", n})
	}
	return all
}

// Older returns the version of the report if it was upgraded, else "".
func (p page) Older() string {
	if v := p.State.Receipt.Version; v != report.Latest().String() {
		return v
	}
	return ""
}

// Repaired returns the number of repairs.
func (p page) Repaired() int64 {
	d := &p.State.Receipt.Details
	return int64(len(d.Repairs) + d.MoreRepairs)
}

// Kind returns the verdict whose look the page has.
func (p page) Kind() verdict.Kind {
	switch p.State.Stage {
	case submit.Loaded:
		if p.Open() {
			return verdict.New
		}
		return verdict.OK
	case submit.GivenUp:
		return verdict.New
	}
	return shell.Wait
}

// Mark returns the state in capitals.
func (p page) Mark() string {
	switch p.State.Stage {
	case submit.Loaded:
		if p.Open() {
			return "IN PART ON THE PAGES"
		}
		return "ON THE PAGES"
	case submit.GivenUp:
		return "GIVEN UP"
	}
	return "WAITING"
}

// Loaded, GivenUp and Unsure report the stage.
func (p page) Loaded() bool  { return p.State.Stage == submit.Loaded }
func (p page) GivenUp() bool { return p.State.Stage == submit.GivenUp }
func (p page) Unsure() bool  { return p.State.Stage == submit.Unsure }

// changed returns when the state changed last.
func (p page) changed() time.Time {
	if p.State.Stage == submit.Waiting || p.State.Stage == submit.Unsure {
		return time.Unix(1, 0) // the time of receipt is unknown
	}
	return p.State.Receipt.Finished
}

// Took returns how many seconds passed from the receipt to the end.
func (p page) Took() float64 {
	return p.State.Receipt.Finished.Sub(p.State.Receipt.Received).Round(time.Millisecond).Seconds()
}

// Judged returns when the last of its revisions was judged; the zero time if one waits, and
// without revisions.
func (p page) Judged() (at time.Time) {
	for i := range p.Revisions {
		if p.Revisions[i].Judged.Before(p.State.Receipt.Finished) {
			return time.Time{}
		}
		if p.Revisions[i].Judged.After(at) {
			at = p.Revisions[i].Judged
		}
	}
	return at
}

// Objects returns the number of objects in the report.
func (p page) Objects() int64 { return int64(p.State.Receipt.Objects) }

// row is a row of the table of objects.
type row struct {
	Of string
	N  int64
}

// Rows returns the numbers of objects.
func (p page) Rows() (all []row) {
	for _, list := range store.Lists {
		all = append(all, row{string(list), p.Facts.Objects[list]})
	}
	return all
}

// Replaced returns how many objects other submissions changed since.
func (p page) Replaced() int64 {
	left := int64(p.State.Receipt.Objects)
	for _, n := range p.Facts.Objects {
		left -= n
	}
	return max(left, 0)
}
