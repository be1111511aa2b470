// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"iter"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// buildsAtOnce is how many builds are held at a time, with all their properties.
const buildsAtOnce = 200

// listedBuild is a build in a list.
type listedBuild struct {
	build    *report.Build
	checkout *report.Checkout
	seen     []seenIssue // in the build
}

// buildsIn returns a page of the builds that the filters let pass, in the order of the
// scope's checkouts, and by ID within a checkout. Roll-ups have the IDs, so that only
// the objects of the page are read.
func (d *data) buildsIn(ctx context.Context, sc scope, f *filters, p Page) (iter.Seq2[listedBuild, error], error) {
	var wanted wantedBuilds
	w := newWalker(&sc, f, &wanted)
	r := sc.results()
	if sc.hardware != "" {
		r.Group = w.group // for builds with tests on it
	}
	if err := r.Read(ctx, d.answers()); err != nil {
		return nil, err
	}
	w.issues = issuesByObject(r.ObjectIssues)
	if err := w.builds(ctx, d.answers(), r.Builds); err != nil {
		return nil, err
	}
	key := func(b *answers.Built) cursor { return cursor{b.CheckoutID, b.ID} }
	page, err := pageBehind(ctx, p, wanted, 2, key, func(after cursor) ([]answers.Built, error) {
		rest := sc.buildsFrom(wanted, after[0], after[1])
		if rest == nil {
			return nil, errGone
		}
		if len(rest) > 0 && rest[0].ID == after[1] {
			rest = rest[1:]
		}
		return rest, nil
	})
	if err != nil {
		return nil, err
	}
	return func(yield func(listedBuild, error) bool) {
		checkouts := sc.byID()
		for part := range slices.Chunk(page, buildsAtOnce) {
			ids := idsOfBuilds(part)
			found, err := d.buildsByID(ctx, ids)
			if err != nil {
				yield(listedBuild{}, err)
				return
			}
			for _, id := range ids {
				b := found[id]
				// A purge may have removed the build since, or a report moved it.
				if b == nil || checkouts[b.CheckoutID] == nil {
					continue
				}
				if !yield(listedBuild{b, checkouts[b.CheckoutID], w.issues[objectKey{build: id}]}, nil) {
					return
				}
			}
		}
	}, nil
}

// wantedBuilds is a visitor that collects the builds that the filters let pass.
type wantedBuilds []answers.Built

func (w *wantedBuilds) build(b *answers.Built, wanted bool) {
	if wanted {
		*w = append(*w, *b)
	}
}

func (*wantedBuilds) allTests(*answers.Group, []string)      {}
func (*wantedBuilds) wantedTests(*answers.Group, []string)   {}
func (*wantedBuilds) objectIssue(*answers.ObjectIssue, bool) {}
