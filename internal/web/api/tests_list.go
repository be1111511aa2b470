// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// eachTest calls do for each boot, or each other test, of the scope that the filters
// want: build by build, in the order of eachBuild, and by path within one. They are
// read while do is called. With full an item has all that is told of its environment.
func (a *API) eachTest(ctx context.Context, sc scope, f *filters, kind rollup.Kind, full bool, do func(TestItem, place) error) error {
	if f == nil {
		f = &filters{}
	}
	r := sc.results()
	if err := r.Read(ctx, a.rollups()); err != nil {
		return err
	}
	checkouts, issues := sc.byID(), bySighted(r.Sightings)
	var environments environments
	return eachRun(ctx, a.store, r.Builds, f, func(run *store.Run, g *rollup.Group) error {
		seen := issues[sighted{run.BuildID, run.ID}]
		if g.Kind != kind || !sc.on(g.Platform, run.Compatible) || !f.wantRun(run, g, seen) {
			return nil
		}
		item := testItem(run, g)
		if !full {
			item.EnvironmentMisc = environments.of(g.Platform)
		}
		return do(item, place{checkouts[g.Build.CheckoutID], seen})
	})
}

// testItem returns a test as lists have it.
func testItem(run *store.Run, g *rollup.Group) TestItem {
	return TestItem{
		ID: run.ID, Origin: run.Origin, Status: statusText(run.Status), Duration: run.Duration, Path: optional(run.Path), StartTime: instant(run.Start),
		Compatible: list(run.Compatible), Config: optional(g.Build.ConfigName), LogURL: optional(run.LogURL),
		Architecture: optional(g.Build.Architecture), Compiler: optional(g.Build.Compiler),
		EnvironmentMisc: fullEnvironment(run.EnvironmentMisc), Misc: orEmpty(run.Misc), Lab: optional(g.Lab),
	}
}

// environments are the objects of environments that tell nothing but a platform.
type environments map[string]json.RawMessage

func (e *environments) of(platform string) json.RawMessage {
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

// platformObject returns an object that tells a platform, null where nobody knows.
func platformObject(platform *string) json.RawMessage {
	b, err := jsonv2.Marshal(map[string]*string{"platform": platform})
	if err != nil {
		panic(err) // a text
	}
	return b
}

// fullEnvironment returns all of an environment's free object, with a platform,
// which clients look for unasked.
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

// writeTests writes "boots" or "tests" of the scope into an object, while they are
// read.
func (a *API) writeTests(ctx context.Context, enc *jsontext.Encoder, sc scope, f *filters, kind rollup.Kind, full bool, p Page) error {
	all := listed(func(do func(TestItem) error) error {
		return a.eachTest(ctx, sc, f, kind, full, func(t TestItem, _ place) error { return do(t) })
	})
	return writeList(ctx, enc, string(kind)+"s", p, all, func(t TestItem) string { return t.ID })
}
