// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"iter"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// listedTest is a boot, or another test, in a list.
type listedTest struct {
	item     TestItem
	buildID  string
	checkout *report.Checkout
}

// testsIn returns a page of the boots, or of the other tests, that the filters let pass in
// a scope: by build, in the order of buildsIn, and by path within a build. If full, an
// item has all properties of its environment.
func (d *data) testsIn(ctx context.Context, sc scope, f *filters, kind rollup.Kind, full bool, p Page) (iter.Seq2[listedTest, error], error) {
	if f == nil {
		f = &filters{}
	}
	r := sc.results()
	if err := r.Read(ctx, d.answers()); err != nil {
		return nil, err
	}
	checkouts, issues := sc.byID(), issuesByObject(r.ObjectIssues)
	var environments environments
	list := keyedList[listedTest]{keySize: 4}
	list.size = func(t *listedTest) int { return 1000 + len(t.item.Misc) + len(t.item.EnvironmentMisc) }
	list.key = func(t *listedTest) cursor { return cursor{t.checkout.ID, t.buildID, text(t.item.Path), t.item.ID} }
	list.after = func(key cursor, most int) (iter.Seq2[listedTest, error], error) {
		builds, after := r.Builds, store.RunKey{}
		if key != nil {
			after = store.RunKey{BuildID: key[1], Path: key[2], ID: key[3]}
			if builds = sc.buildsFrom(r.Builds, key[0], key[1]); builds == nil {
				return nil, errGone
			}
		}
		return func(yield func(listedTest, error) bool) {
			for run, err := range d.runs(ctx, builds, f, after, most > 0) {
				if err != nil {
					yield(listedTest{}, err)
					return
				}
				g := &run.group
				if g.Kind != kind || !sc.hasHardware(g.Platform, run.Compatible) || !f.wantRun(&run.Run, g, issues[objectKey{run.BuildID, run.ID}]) {
					continue
				}
				item := testItem(&run.Run, g)
				if full {
					item.EnvironmentMisc = fullEnvironment(run.EnvironmentMisc)
				} else {
					item.EnvironmentMisc = environments.platformOnly(g.Platform)
				}
				if !yield(listedTest{item, run.BuildID, checkouts[g.Build.CheckoutID]}, nil) {
					return
				}
			}
		}, nil
	}
	return list.page(ctx, p)
}

// errGone answers a cursor behind a build or a test whose checkout has left the list.
const errGone = badRequest("cursor is behind a build or a test that has left the list: leave it out to begin at the first page")

// buildsFrom returns the builds from an ID on, in the order of the scope: by checkout,
// and by ID within a checkout. It returns nil if the checkout is not in the scope.
func (sc *scope) buildsFrom(builds []answers.Built, checkout, id string) []answers.Built {
	place := make(map[string]int, len(sc.checkouts))
	for i := range sc.checkouts {
		place[sc.checkouts[i].ID] = i
	}
	from, ok := place[checkout]
	if !ok {
		return nil
	}
	i := slices.IndexFunc(builds, func(b answers.Built) bool {
		at := place[b.CheckoutID]
		return at > from || at == from && b.ID >= id
	})
	if i < 0 {
		return []answers.Built{}
	}
	return builds[i:]
}

// testItem returns a test as an item of a list, without its environment.
func testItem(run *store.Run, g *answers.Group) TestItem {
	return TestItem{
		ID: run.ID, Origin: run.Origin, Status: statusText(run.Status), Duration: run.Duration, Path: optional(run.Path), StartTime: utcTime(run.Start),
		Compatible: list(run.Compatible), Config: optional(g.Build.ConfigName), LogURL: optional(run.LogURL),
		Architecture: optional(g.Build.Architecture), Compiler: optional(g.Build.Compiler),
		Misc: orEmpty(run.Misc), Lab: optional(g.Lab),
	}
}

// environments has the free objects of environments that have nothing but a platform,
// by platform.
type environments map[string]json.RawMessage

func (e *environments) platformOnly(platform string) json.RawMessage {
	misc, ok := (*e)[platform]
	if !ok {
		misc = platformObject(optional(platform))
		if *e == nil {
			*e = make(environments)
		}
		(*e)[platform] = misc
	}
	return misc
}

// platformObject returns a free object with a platform, null if it is unknown.
func platformObject(platform *string) json.RawMessage {
	b, err := jsonv2.Marshal(map[string]*string{"platform": platform})
	if err != nil {
		panic(err) // a string can be marshalled
	}
	return b
}

// fullEnvironment returns the free object of an environment, with a platform added if
// it has none, because clients read the platform without checking that it exists.
func fullEnvironment(misc json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	if jsonv2.Unmarshal(misc, &members) != nil || members == nil {
		return platformObject(nil)
	}
	if _, ok := members["platform"]; ok {
		return misc
	}
	members["platform"] = json.RawMessage("null")
	b, err := jsonv2.Marshal(members, jsonv2.Deterministic(true))
	if err != nil {
		return platformObject(nil)
	}
	return b
}
