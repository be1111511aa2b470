// SPDX-License-Identifier: Apache-2.0

package graph

import "github.com/kcidb-go/kcidb/internal/store"

// ReadParents reads the incident and what it is of, with all above that: the one
// that Seen returns comes without.
func (n *Incident) ReadParents() error {
	return n.g.Read(store.Query{Incidents: []string{n.ID}})
}
