// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/boards"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// feedPath is the beginning of the paths of feeds: the name of a board follows.
const feedPath = "/atom/hardware/"

// feedDays is how many days back a feed looks.
const feedDays = 30

// feed answers with the newest new failures on a board.
func (r room) feed(w http.ResponseWriter, req *http.Request) {
	r.Feed(w, req, func(ctx context.Context) (*feed.Feed, error) {
		if err := r.NeedCounts(); err != nil {
			return nil, err
		}
		names := shell.Segments(req, feedPath)
		if len(names) != 1 {
			return nil, shell.NotFound("No such feed", "")
		}
		now := r.Now()
		platforms, err := r.Answers.Platforms(ctx, answers.Days{Last: answers.DaysOf(now, now).Last})
		if err != nil {
			return nil, err
		}
		b := &board{}
		if !b.find(platforms, names[0]) {
			return nil, shell.NotFound("No such board", "")
		}
		b.Board, err = boards.Read(ctx, r.Verdicts, boards.Question{Platform: b.Name, Days: answers.DaysOf(now.AddDate(0, 0, -feedDays), now), Until: now})
		if err != nil {
			return nil, err
		}
		return b.feed(r.HomeURL(req)), nil
	})
}

// feed returns the feed of the board: an entry for each cause that is new at a revision.
func (b *board) feed(home string) *feed.Feed {
	url := shell.HardwareURL(b.Name)
	f := &feed.Feed{Title: "KCIDB: " + shell.Line(b.Name), Self: home + shell.FeedURL(url), Page: home + url}
	for _, row := range b.Tested { // the newest first
		known := make(map[int64]bool)
		for _, j := range row.Judged {
			if j.Verdict == verdict.New && !known[j.Cause] && len(f.Entries) < feed.Length {
				known[j.Cause] = true
				f.Entries = append(f.Entries, b.entry(home, f.Self, row, j))
			}
		}
	}
	return f
}

func (b *board) entry(home, self string, row *boards.Row, j *verdicts.Judgement) feed.Entry {
	cause := &fail{Cause: &boards.Cause{Judgement: j}}
	place := shell.Line(shell.Place(row.Tree, row.Branch))
	return feed.Entry{
		ID: fmt.Sprintf("%s#%x-%x", self, uint64(row.Key), uint64(j.Cause)), At: row.Start, Link: home + shell.RevisionOn(&row.Revision, "platform", b.Name),
		Title:   fmt.Sprintf("%s: %s", place, shell.Line(cause.Text())),
		Content: strings.TrimSpace(fmt.Sprintf("New on %s in %s of %s.\n%s", shell.Line(b.Name), shell.Line(row.Name()), place, shell.Line(j.Fault))),
	}
}
