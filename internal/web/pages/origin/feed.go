// SPDX-License-Identifier: Apache-2.0

package origin

import (
	"context"
	"fmt"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// feedPath is the beginning of the paths of feeds: the name of an origin follows.
const feedPath = "/atom/origin/"

// feed answers with the last arrivals of an origin.
func (o *room) feed(w http.ResponseWriter, r *http.Request) {
	o.Feed(w, r, func(ctx context.Context) (*feed.Feed, error) {
		if err := o.NeedCounts(); err != nil {
			return nil, err
		}
		names := shell.Segments(r, feedPath)
		if len(names) != 1 {
			return nil, shell.NotFound("No such feed", "")
		}
		health, err := o.readHealth(ctx)
		if err != nil {
			return nil, err
		}
		p := &originPage{question: question{Now: o.Now()}, Name: names[0]}
		p.addHabit(health)
		arrivals, err := o.Answers.Arrivals(ctx, p.Name, p.Now.AddDate(0, 0, -receiptDays), p.until(), feed.Length)
		if err != nil {
			return nil, err
		}
		if p.Habit == nil && len(arrivals) == 0 {
			return nil, shell.NotFound("No such origin", "")
		}
		return feedOf(o.HomeURL(r), p.Name, arrivals), nil
	})
}

func feedOf(home, origin string, arrivals []answers.Arrival) *feed.Feed {
	url := shell.OriginURL(origin)
	f := &feed.Feed{Title: "KCIDB: arrivals of " + shell.Line(origin), Self: home + shell.FeedURL(url), Page: home + url}
	for _, a := range arrivals {
		e := feed.Entry{ID: f.Self + "#" + a.ID, At: a.Finished, Link: home + shell.SubmissionURL(a.ID), Title: "Stored: " + shell.Plural(a.Objects, "object")}
		if a.Refused {
			e.Title = "Refused: " + shell.Size(a.Bytes)
		}
		e.Content = fmt.Sprintf("Submission %s, received %s.", shell.Line(a.ID), a.Received.UTC().Format("2 Jan 2006 15:04 UTC"))
		f.Entries = append(f.Entries, e)
	}
	return f
}
