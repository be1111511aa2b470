// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store/spool"
	"github.com/kcidb-go/kcidb/object"
)

// setAside is an object that cannot be considered, and why.
type setAside struct {
	object object.Ref
	err    error
}

// anySubscription stands for the subscription of an object that is set aside, and
// that no subscription is on: only what is above it is not told of.
const anySubscription = "*"

// notTold are the notifications that the objects set aside may call for.
func (c *consideration) notTold() (all []spool.Aside) {
	for _, one := range c.aside {
		add := func(name string) {
			all = append(all, spool.Aside{Identity: spool.Identity{Subscription: name, Object: one.object}, At: c.at, Why: one.err.Error()})
		}
		for _, s := range c.byType[one.object.Type] {
			add(s.Name)
		}
		if len(c.byType[one.object.Type]) == 0 {
			add(anySubscription)
		}
	}
	return all
}

// mostAside is how many objects are set aside at a time for errors of the database.
// With more of them it is the database that cannot be read.
const mostAside = 1000

// sets reports whether an error sets an object aside: a panic does at once, and any
// other only if considering failed before, and the database does not say that it is
// in trouble as a whole.
func (c *consideration) sets(err error) bool {
	return stackOf(err) != "" || c.again && c.ctx.Err() == nil && !passes(err) && len(c.aside) < mostAside
}

// each reads objects some at a time, and calls f for each. Those that cannot be read,
// and those for which f fails, are set aside, see sets; any other error ends it.
func (c *consideration) each(all []object.Ref, f func(g *graph.Graph, o graph.Object) error) error {
	for refs := range slices.Chunk(all, objectsAtOnce) {
		if err := c.apart(refs, func(refs []object.Ref) error { return c.some(refs, f) }); err != nil {
			return err
		}
	}
	return nil
}

// some reads objects at once, and calls f for each.
func (c *consideration) some(refs []object.Ref, f func(g *graph.Graph, o graph.Object) error) error {
	g := graph.New(c.ctx, c.objects)
	found, err := g.Find(refs...)
	if err != nil {
		return err
	}
	for i, o := range found {
		err := guard(func() error { return f(g, o) })
		if err == nil {
			continue
		}
		if !c.sets(err) {
			return err
		}
		c.aside = append(c.aside, setAside{o.Ref(), err})
		// A graph that failed to read something stays failed.
		return c.apart(refs[i+1:], func(refs []object.Ref) error { return c.some(refs, f) })
	}
	return nil
}

// apart calls f for objects, and if that fails for each half of them, until the
// object that it fails for is alone, and set aside. What f did before it failed must
// be right to do again.
func (c *consideration) apart(refs []object.Ref, f func(refs []object.Ref) error) error {
	if len(refs) == 0 {
		return nil
	}
	err := guard(func() error { return f(refs) })
	if err == nil || !c.sets(err) {
		return err
	}
	if len(refs) == 1 {
		c.aside = append(c.aside, setAside{refs[0], err})
		return nil
	}
	if err := c.apart(refs[:len(refs)/2], f); err != nil {
		return err
	}
	return c.apart(refs[len(refs)/2:], f)
}
