// SPDX-License-Identifier: Apache-2.0

// Package all opens a spool that has a specification of its own. Other spools are in the
// database of the objects: see package sqlspool.
package all

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/firestore"
)

// Open opens the spool of a specification.
func Open(ctx context.Context, specification string) (spool.Spool, error) {
	kind, parameters, _ := strings.Cut(specification, ":")
	if kind != "firestore" {
		return nil, fmt.Errorf("spool %q: want firestore:PROJECT[/DATABASE][?collection=NAME]; without a specification, the spool is in the database", specification)
	}
	s, err := firestore.Open(ctx, parameters)
	if err != nil {
		return nil, err // not a nil pointer in an interface
	}
	return s, nil
}
