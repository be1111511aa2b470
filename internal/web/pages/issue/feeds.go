// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"context"
	"fmt"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// feedDays is how many days back the feed of issues looks.
const feedDays = 90

// listFeed answers with the newest issues.
func (r *room) listFeed(w http.ResponseWriter, req *http.Request) {
	r.Feed(w, req, func(ctx context.Context) (*feed.Feed, error) {
		if err := r.NeedCounts(); err != nil {
			return nil, err
		}
		home, now := r.HomeURL(req), r.Now()
		all, err := r.Answers.ListIssues(ctx, now.AddDate(0, 0, -feedDays).UnixMicro(), now.UnixMicro()+1, feed.Length)
		if err != nil {
			return nil, err
		}
		f := &feed.Feed{Title: "KCIDB: issues", Self: home + feedPath, Page: home + listPath}
		for i := range all {
			row := &listRow{ListedIssue: all[i]}
			e := feed.Entry{
				ID: fmt.Sprintf("%s#%s/%d", f.Self, row.ID, row.Version), Title: shell.Line(row.Title()), At: row.Came(),
				Content: fmt.Sprintf("%s version %d of %s, at fault: %s. Seen %s.", shell.Line(row.ID), row.Version, shell.Line(row.Origin), orUnknown(row.Culprit()), times(row.Sightings)),
			}
			if at := shell.IssueURL(row.ID); at != "" {
				e.Link = home + at
			}
			f.Entries = append(f.Entries, e)
		}
		return f, nil
	})
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// issueFeed answers with the incidents of an issue that arrived last.
func (r *room) issueFeed(w http.ResponseWriter, req *http.Request) {
	r.Feed(w, req, func(ctx context.Context) (*feed.Feed, error) {
		if err := r.NeedCounts(); err != nil {
			return nil, err
		}
		segments := shell.Segments(req, feedOf)
		if len(segments) != 1 {
			return nil, noIssue
		}
		p, err := r.find(ctx, segments[0], -1)
		if err != nil {
			return nil, err
		}
		of := answers.SightingsOf{Issue: p.Issue.ID, Arrival: true, N: feed.Length}
		for _, v := range p.Versions {
			of.Versions = append(of.Versions, v.Version)
		}
		all, _, err := r.Answers.Sightings(ctx, of)
		if err != nil {
			return nil, err
		}
		home := r.HomeURL(req)
		f := &feed.Feed{Title: "KCIDB: " + shell.Line(p.Title()), Self: home + req.URL.EscapedPath(), Page: home + shell.IssueURL(p.Issue.ID)}
		for i := range all {
			f.Entries = append(f.Entries, r.entry(home, f.Self, incidentRow{all[i], r.revisionOf(&all[i].In, all[i].PatchsetHash)}))
		}
		return f, nil
	})
}

// entry returns an incident as an entry of a feed.
func (r *room) entry(home, self string, row incidentRow) feed.Entry {
	e := feed.Entry{ID: self + "#" + row.IncidentID, Title: shell.Line(row.Name()), At: sqldb.Time(row.Arrived)}
	if row.Platform != "" {
		e.Title += " on " + shell.Line(row.Platform)
	}
	if row.In != nil {
		e.Content = shell.Line(row.In.Place() + ", " + row.In.Name)
	}
	if at := row.URL(); at != "" {
		e.Link = home + at
	}
	return e
}
