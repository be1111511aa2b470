// SPDX-License-Identifier: Apache-2.0

package report

import "bytes"

// originCheck finds objects of origins that the sender may not report.
type originCheck struct {
	allowed func(name string) bool // nil allows all
	last    string                 // the last name that was allowed; most reports have one origin
}

// checkOrigins notes a fault if the sender may not report the object just read. The path
// leads to the object.
func (d *decoder) checkOrigins() {
	n := &d.names
	d.checkOrigin("origin", n.origin)
	// The IDs of version 1 have no origin. The revisions of version 3 have none either,
	// and no ":".
	if origin, _, ok := bytes.Cut(n.id, []byte(":")); ok && d.v.Major > 1 {
		d.checkOrigin("id", origin)
	}
}

// checkOrigin notes a fault of a member if its origin is not allowed.
func (d *decoder) checkOrigin(member string, name []byte) {
	o := &d.origins
	if len(name) == 0 || string(name) == o.last {
		return
	}
	if o.allowed(string(name)) {
		o.last = string(name)
		return
	}
	d.path = append(d.path, step{name: []byte(member)})
	d.note(KindOrigin, expectedOrigin, foundText(name), false)
	d.path = d.path[:len(d.path)-1]
}
