// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
)

// setAside is an object that cannot be considered, and the error.
type setAside struct {
	object object.Ref
	err    error
}

// anySubscription stands for the subscription if none is on the type of an object that
// is set aside. The failure then hides changes of its ancestors only.
const anySubscription = "*"

// asideRecords returns the notifications that are missing because objects are set
// aside.
func (c *consideration) asideRecords() (all []spool.Aside) {
	for _, a := range c.aside {
		add := func(name string) {
			all = append(all, spool.Aside{Identity: spool.Identity{Subscription: name, Object: a.object}, At: c.at, Why: a.err.Error()})
		}
		for _, s := range c.byType[a.object.Type] {
			add(s.Name)
		}
		if len(c.byType[a.object.Type]) == 0 {
			add(anySubscription)
		}
	}
	return all
}

// maxAside is the most objects that errors of the database set aside at a time. If more
// objects fail, the database fails as a whole.
const maxAside = 1000

// setsAside reports whether an error sets an object aside. A panic does at once.
// Another error does only if considering failed before, and if the error is of this
// object rather than of the whole database.
func (c *consideration) setsAside(err error) bool {
	return stackOf(err) != "" || c.retried && c.ctx.Err() == nil && !transient(err) && len(c.aside) < maxAside
}

// forEach reads objects, 1,000 at a time, and calls f for each. It sets aside an object
// if reading it or f fails, see setsAside. Any other error ends it.
func (c *consideration) forEach(all []object.Ref, f func(g *graph.Graph, o graph.Object) error) error {
	for refs := range slices.Chunk(all, objectsAtOnce) {
		if err := c.bisect(refs, func(refs []object.Ref) error { return c.forAll(refs, f) }); err != nil {
			return err
		}
	}
	return nil
}

// graph returns the graph of the objects that were read last, which the next objects often
// have ancestors in common with, or a new one after an error or 1,000 objects.
func (c *consideration) graph() *graph.Graph {
	if c.last == nil || c.last.Err() != nil || c.last.Len() > objectsAtOnce {
		c.last = graph.New(c.ctx, c.objects)
	}
	return c.last
}

// forAll reads objects in one query, and calls f for each.
func (c *consideration) forAll(refs []object.Ref, f func(g *graph.Graph, o graph.Object) error) error {
	g := c.graph()
	found, err := g.Find(refs...)
	if err != nil {
		return err
	}
	for i, o := range found {
		err := catchPanic(func() error { return f(g, o) })
		if err == nil {
			continue
		}
		if !c.setsAside(err) {
			return err
		}
		c.aside = append(c.aside, setAside{o.Ref(), err})
		// The others need a new graph: this one keeps the error.
		c.last = nil
		return c.bisect(refs[i+1:], func(refs []object.Ref) error { return c.forAll(refs, f) })
	}
	return nil
}

// bisect calls f for objects. If f fails, it calls f for each half, until the failing
// object is alone, and sets that object aside. It must be harmless to repeat what f did
// before it failed.
func (c *consideration) bisect(refs []object.Ref, f func(refs []object.Ref) error) error {
	if len(refs) == 0 {
		return nil
	}
	err := catchPanic(func() error { return f(refs) })
	if err == nil || !c.setsAside(err) {
		return err
	}
	c.last = nil // a panic may have left it half read
	if len(refs) == 1 {
		c.aside = append(c.aside, setAside{refs[0], err})
		return nil
	}
	if err := c.bisect(refs[:len(refs)/2], f); err != nil {
		return err
	}
	return c.bisect(refs[len(refs)/2:], f)
}
