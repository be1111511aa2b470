// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// recall sets for changes of a stateless source what they do not say, from the statuses
// in the spool: an object without a status is new, and another object had that status
// when it was last considered.
//
// So a change that is considered again, or after a later one, is harmless: its object has
// the status that was considered last.
func (c *consideration) recall(t *affected) error {
	for _, all := range t.order {
		for refs := range slices.Chunk(all, objectsAtOnce) {
			statuses, err := c.statusesBefore.Statuses(c.ctx, refs)
			if err != nil {
				return err
			}
			for _, ref := range refs {
				last, known := statuses[ref]
				t.effects[ref].created, t.effects[ref].was = !known, report.Status(last.Status)
			}
		}
	}
	return nil
}

// remember notes the status of a changed object for recall. Of objects other than builds
// and tests it only notes that they exist; considering notes their statuses when a
// subscription asks. Tests and incidents without subscriptions are not noted, because
// no other object depends on whether they are new.
func (c *consideration) remember(t *affected, o graph.Object) error {
	ref := o.Ref()
	effect := t.effects[ref]
	isLeaf := ref.Type == object.TypeTest || ref.Type == object.TypeIncident
	hasOwn := ref.Type == object.TypeTest || ref.Type == object.TypeBuild
	if !c.stateless || isLeaf && len(c.byType[ref.Type]) == 0 || !hasOwn && !effect.created {
		return nil
	}
	status := spool.Status{Object: ref, At: c.at}
	if hasOwn {
		var err error
		if status.Status, err = o.Status(); err != nil {
			return err
		}
	}
	c.statuses[ref] = status
	return nil
}
