// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

// submissionAPI tells submitters what became of their submissions.
type submissionAPI struct{ *data }

func (a submissionAPI) register(r *registry) {
	const group, needs = "Submissions", " The request needs a token with the role submit, and the answer has submissions of its origins only. A token with the role admin sees all."
	answer(r, operation{
		path: "/api/submissions", group: group, title: "Submissions", plain: true,
		text: "Submissions that were loaded or given up, the last first. The header Link has the URL of the next page." + needs,
	}, a.list)
	answer(r, operation{
		path: "/api/submissions/{id}", group: group, title: "Receipt of a submission", plain: true,
		text: "The effect of a submission on each of its objects, the repairs that were made, and the rejected objects with their faults." + needs,
	}, a.show)
	answer(r, operation{
		path: "/api/tray", group: group, title: "Rejected objects", plain: true,
		text: "Objects that were not loaded because they have faults, the last received first. An object waits until a submission has it without faults." + needs,
	}, a.tray)
	a.registerRaw(r, group, needs)
}

// allowed returns the tray, and the origins that a client may ask for: those asked for, or
// all that its token names. nil are all.
func (a submissionAPI) allowed(ctx context.Context, asked []string) (*tray.Tray, []string, error) {
	if a.Receipts == nil {
		return nil, nil, noCounts{}
	}
	kept := tray.Of(a.Receipts)
	if kept == nil {
		return nil, nil, noCounts{}
	}
	if a.Submitter == nil {
		return kept, asked, nil
	}
	hc, _ := ctx.Value(headerKey{}).(huma.Context)
	origins, err := a.origins(ctx, hc.Header("Authorization"))
	switch {
	case err != nil:
		return nil, nil, err
	case origins == nil || len(asked) == 0:
		return kept, slices.Concat(origins, asked), nil
	}
	for _, origin := range asked {
		if !slices.Contains(origins, origin) {
			return nil, nil, forbidden("The token does not name the origin " + origin)
		}
	}
	return kept, asked, nil
}

// origins returns the origins whose submissions a client may see, by its token; nil for all.
func (a submissionAPI) origins(ctx context.Context, authorization string) ([]string, error) {
	if a.Submitter == nil {
		return nil, nil
	}
	origins, err := a.Submitter(ctx, http.Header{"Authorization": {authorization}})
	if err != nil {
		return nil, forbidden(err.Error())
	}
	return origins, nil
}

// Submission is a submission that was loaded or given up.
type Submission struct {
	ID       string    `json:"id" doc:"ID of the submission"`
	Origin   string    `json:"origin" doc:"Origin of the submitter"`
	State    string    `json:"state" doc:"loaded or failed"`
	Received time.Time `json:"received" doc:"When the service received it"`
	Finished time.Time `json:"finished" doc:"When it was loaded or given up"`
	Bytes    int64     `json:"bytes" doc:"Size of the report"`
	Version  string    `json:"version" doc:"Version of the report as written; empty if unknown"`
	Objects  int       `json:"objects" doc:"Number of its objects, without those that were rejected"`
	Rejected int       `json:"rejected" doc:"Number of its objects that were rejected"`
	Reason   *string   `json:"reason" doc:"Why it was given up"`
}

func submissionOf(r *store.Receipt) Submission {
	s := Submission{r.ID, r.Origin, "loaded", r.Received.UTC(), r.Finished.UTC(), r.Bytes, r.Version, r.Objects, r.Rejected, nil}
	if r.Failure != "" {
		s.State, s.Reason = "failed", &r.Failure
	}
	return s
}

type submissionsInput struct {
	Origins  []string `query:"origin,explode" maxItems:"100" doc:"Only submissions of these origins"`
	State    string   `query:"state" enum:"loaded,failed" doc:"Only submissions in this state"`
	Rejected bool     `query:"rejected" doc:"Only submissions with rejected objects"`
	Limit    int      `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"Most submissions"`
	Cursor   string   `query:"cursor" maxLength:"8192" doc:"Where the page begins: taken from the URL in the header Link"`
}

// after returns the submission behind which the page begins; nil for the first page.
func (in *submissionsInput) after() (*tray.Submitted, error) {
	c, err := Page{Cursor: in.Cursor}.parse(2)
	if err != nil || c == nil {
		return nil, err
	}
	micros, err := strconv.ParseInt(c[0], 10, 64)
	if err != nil {
		return nil, errCursor
	}
	return &tray.Submitted{Finished: time.UnixMicro(micros), ID: c[1]}, nil
}

// Submissions is a list of submissions.
type Submissions struct {
	Submissions []Submission `json:"submissions" doc:"The submissions"`
}

func (a submissionAPI) list(ctx context.Context, in *submissionsInput) (*Submissions, error) {
	kept, origins, err := a.allowed(ctx, in.Origins)
	if err != nil {
		return nil, err
	}
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	q := tray.Submissions{Origins: origins, Rejected: in.Rejected, After: after, Most: in.Limit + 1}
	if in.State != "" {
		q.Failed = new(in.State == "failed")
	}
	receipts, err := kept.Receipts(ctx, q)
	if len(receipts) > in.Limit {
		receipts = receipts[:in.Limit]
		last := &receipts[in.Limit-1]
		linkNext(ctx, cursor{strconv.FormatInt(last.Finished.UnixMicro(), 10), last.ID})
	}
	list := &Submissions{Submissions: []Submission{}}
	for i := range receipts {
		list.Submissions = append(list.Submissions, submissionOf(&receipts[i]))
	}
	return list, err
}

type submissionInput struct {
	ID string `path:"id" doc:"ID of the submission"`
}

// Receipt says what became of a submission.
type Receipt struct {
	Submission
	Loaded      []store.Loaded   `json:"loaded" doc:"The objects that were loaded, by list and effect"`
	Repairs     []report.Repair  `json:"repairs" doc:"Repairs of the report"`
	MoreRepairs int              `json:"more_repairs" doc:"Number of other repairs"`
	Objects     []RejectedObject `json:"rejected_objects" doc:"The objects that were rejected"`
}

func (a submissionAPI) show(ctx context.Context, in *submissionInput) (*Receipt, error) {
	kept, origins, err := a.allowed(ctx, nil)
	if err != nil {
		return nil, err
	}
	receipt, found, err := a.receipt(ctx, in.ID, origins)
	if err == nil && !found {
		err = notFound(noSubmission)
	}
	if err != nil {
		return nil, err
	}
	rows, err := kept.Find(ctx, tray.Question{Submission: in.ID, Most: report.MaxRejected})
	return &Receipt{
		submissionOf(&receipt), present(receipt.Details.Loaded), present(receipt.Details.Repairs), receipt.Details.MoreRepairs, rejectedObjects(rows),
	}, err
}

const noSubmission = "No submission of your origins with this ID was loaded or given up"

// receipt returns the receipt of a submission, if it is of one of the origins; nil are all.
func (a submissionAPI) receipt(ctx context.Context, id string, origins []string) (r store.Receipt, found bool, err error) {
	r, err = a.Receipts.Receipt(ctx, id)
	if errors.Is(err, store.ErrNoReceipt) {
		return r, false, nil
	}
	return r, err == nil && (origins == nil || slices.Contains(origins, r.Origin)), err
}

// present returns a list that is never nil.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

type trayInput struct {
	Origins    []string `query:"origin,explode" maxItems:"100" doc:"Only objects that these origins submitted"`
	Submission string   `query:"submission" doc:"Only objects of the submission with this ID"`
	State      string   `query:"state" default:"waiting" enum:"waiting,corrected,dropped" doc:"Only objects in this state"`
	Limit      int      `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"Most objects"`
}

// RejectedObject is an object that was not loaded because it has faults.
type RejectedObject struct {
	Submission string         `json:"submission" doc:"ID of the submission that has it"`
	List       string         `json:"list" doc:"List of the report that has it"`
	Index      int            `json:"index" doc:"Its place in the list, from 0"`
	ID         *string        `json:"id" doc:"Its ID"`
	Origin     string         `json:"origin" doc:"Origin of the submitter"`
	Received   time.Time      `json:"received" doc:"When the service received the submission"`
	Faults     []report.Fault `json:"faults" doc:"The first of its faults"`
	State      string         `json:"state" doc:"waiting, corrected or dropped"`
	SettledBy  *string        `json:"settled_by" doc:"ID of the submission that corrected it, if it is known"`
}

// Tray is a list of rejected objects.
type Tray struct {
	Objects []RejectedObject `json:"objects" doc:"The objects"`
}

func (a submissionAPI) tray(ctx context.Context, in *trayInput) (*Tray, error) {
	kept, origins, err := a.allowed(ctx, in.Origins)
	if err != nil {
		return nil, err
	}
	rows, err := kept.Find(ctx, tray.Question{Origins: origins, Submission: in.Submission, State: tray.State(in.State), Most: in.Limit})
	return &Tray{rejectedObjects(rows)}, err
}

func rejectedObjects(rows []tray.Row) []RejectedObject {
	all := []RejectedObject{}
	for i := range rows {
		r := &rows[i]
		all = append(all, RejectedObject{
			r.Submission, r.List, r.Place, optional(r.ID), r.Origin, r.Received.UTC(), r.Faults, string(r.State), optional(r.SettledBy),
		})
	}
	return all
}
