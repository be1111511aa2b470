// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// buildsAtOnce is how many builds are held at a time, with what is long in them.
const buildsAtOnce = 200

// eachBuild calls do for each build of the scope that the filters want, in the
// order of checkouts, and by ID within one.
func (a *API) eachBuild(ctx context.Context, sc scope, f *filters, do func(BuildItem, place) error) error {
	var wanted wantedBuilds
	w := newWalker(&sc, f, &wanted)
	r := sc.results()
	if sc.hardware != "" {
		r.Group = w.group // for builds with tests on it
	}
	if err := r.Read(ctx, a.rollups()); err != nil {
		return err
	}
	w.sightings = bySighted(r.Sightings)
	if err := w.builds(ctx, a.rollups(), r.Builds); err != nil {
		return err
	}
	checkouts := sc.byID()
	for some := range slices.Chunk(wanted, buildsAtOnce) {
		found := make(map[string]*report.Build, len(some))
		for r, err := range a.store.Query(ctx, store.Query{Builds: some}) {
			if err != nil {
				return err
			}
			for i := range r.Builds {
				found[r.Builds[i].ID] = &r.Builds[i]
			}
		}
		for _, id := range some {
			b := found[id]
			if b == nil {
				continue // it was purged meanwhile
			}
			in := place{checkouts[b.CheckoutID], w.sightings[sighted{build: id}]}
			if in.checkout == nil {
				continue // it is of another one meanwhile
			}
			if err := do(buildItem(b, in.checkout), in); err != nil {
				return err
			}
		}
	}
	return nil
}

// wantedBuilds is a visitor that notes the IDs of the builds that are wanted.
type wantedBuilds []string

func (w *wantedBuilds) build(b *rollup.Built, wanted bool) {
	if wanted {
		*w = append(*w, b.ID)
	}
}

func (*wantedBuilds) there(*rollup.Group, []string)  {}
func (*wantedBuilds) wanted(*rollup.Group, []string) {}
func (*wantedBuilds) seen(*rollup.Sighting, bool)    {}
