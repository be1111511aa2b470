// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"strings"
)

// maxCollected is how many faults are kept while a report is read. It is above
// MaxFaults, because later members may replace values and remove their faults
// before the end.
const maxCollected = 4 * MaxFaults

// collector gathers the faults of a report as they are found.
type collector struct {
	faults []collected
	more   int // the number of faults that were not kept
	most   int // how many faults are kept; maxCollected if zero
}

// collected is a fault, and whether it is a fault of the text, such as a NUL character,
// and not of a value.
type collected struct {
	Fault
	ofText bool
}

// isFull reports whether no more faults are kept, so that none need be
// described.
func (c *collector) isFull() bool { return len(c.faults) == cmp.Or(c.most, maxCollected) }

func (c *collector) add(f Fault, ofText bool) {
	if c.isFull() {
		c.more++
		return
	}
	c.faults = append(c.faults, collected{f, ofText})
}

// retract removes the faults of the value at a pointer, except for faults of
// its text: a later member of the same name replaces the value.
func (c *collector) retract(pointer string) {
	kept := c.faults[:0]
	for _, f := range c.faults {
		below, ok := strings.CutPrefix(f.Pointer, pointer)
		if f.ofText || !ok || below != "" && below[0] != '/' {
			kept = append(kept, f)
		}
	}
	c.faults = kept
}

// locate sets the object of the faults from the index on.
func (c *collector) locate(from int, list string, index int, id string) {
	for i := from; i < len(c.faults); i++ {
		f := &c.faults[i]
		f.List, f.Index, f.ID = list, index, excerpt(id)
	}
}

// err returns the gathered faults, or nil. If a value has another fault, it leaves out the
// faults of its text, except for duplicates. It lists equal faults once.
func (c *collector) err() *Error {
	if len(c.faults) == 0 {
		return nil
	}
	wrong := make(map[string]bool)
	for _, f := range c.faults {
		if !f.ofText && f.Kind != KindRequired {
			wrong[f.Pointer] = true
		}
	}
	e := &Error{More: c.more}
	said := make(map[string]bool)
	for _, f := range c.faults {
		if f.ofText {
			key := string(f.Kind) + f.Pointer
			if said[key] || f.Kind != KindDuplicate && wrong[f.Pointer] {
				continue
			}
			said[key] = true
		}
		if len(e.Faults) == MaxFaults {
			e.More++
			continue
		}
		e.Faults = append(e.Faults, f.Fault)
	}
	return e
}
