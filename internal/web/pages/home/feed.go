// SPDX-License-Identifier: Apache-2.0

package home

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// feedPath is the path of the feed of new regressions.
const feedPath = "/atom/regressions"

// feed answers with the newest regressions of all trees: the causes that are new at a
// revision of the last days. A cause keeps its entry when later revisions come.
func (h *room) feed(w http.ResponseWriter, r *http.Request) {
	h.Feed(w, r, func(ctx context.Context) (*feed.Feed, error) {
		if err := h.NeedCounts(); err != nil {
			return nil, err
		}
		branches, err := h.Verdicts.Branches(ctx, h.Now().AddDate(0, 0, -standardDays), h.Now())
		if err != nil {
			return nil, err
		}
		worse := worseRevisions(branches)
		causes, err := h.Verdicts.Causes(ctx, keysOf(worse), []verdict.Kind{verdict.New}, feed.Length)
		home := h.HomeURL(r)
		return &feed.Feed{
			Title: "KCIDB: new regressions", Self: home + feedPath, Page: home + "/", Entries: entriesOf(home, worse, causes),
		}, err
	})
}

// worseRevisions returns the newest revisions with new failures, the newest first.
func worseRevisions(branches []verdicts.Branch) (all []verdicts.Revision) {
	for i := range branches {
		for _, r := range branches[i].Recent {
			if r.Causes[verdict.New] > 0 {
				all = append(all, r)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b verdicts.Revision) int { return b.Start.Compare(a.Start) })
	return all[:min(feed.Length, len(all))]
}

func keysOf(revisions []verdicts.Revision) (keys []int64) {
	for i := range revisions {
		keys = append(keys, revisions[i].Key)
	}
	return keys
}

func entriesOf(home string, revisions []verdicts.Revision, causes []verdicts.Cause) (all []feed.Entry) {
	of := byRevision(causes)
	for i := range revisions {
		r := &revisions[i]
		page := home + shell.RevisionURL(r.CommitHash, r.PatchsetHash)
		for _, c := range of[r.Key] {
			text := shell.Line(c.Text())
			where := shell.Line(shell.Place(r.Tree, r.Branch))
			all = append(all, feed.Entry{
				ID: fmt.Sprintf("%s#%x-%x", page, uint64(r.BranchKey), uint64(c.Key)), At: r.Start, Link: page,
				Title:   fmt.Sprintf("%s: %s", where, text),
				Content: strings.TrimSpace(fmt.Sprintf("New in %s: %s.\n%s", shell.Line(r.Name()), text, shell.Line(c.Fault))),
			})
		}
	}
	return all[:min(feed.Length, len(all))]
}
