// SPDX-License-Identifier: Apache-2.0

// Package all opens a spool that has a specification of its own. Other spools are in the
// database of the objects: see package sqlspool.
package all

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/firestore"
)

// Open opens the spool of a specification, which may be a reference: see package secrets.
func Open(ctx context.Context, specification string) (spool.Spool, error) {
	specification, err := secrets.Resolve(ctx, specification)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	kind, parameters, _ := strings.Cut(specification, ":")
	if kind != "firestore" {
		return nil, errors.New("spool: want firestore:PROJECT[/DATABASE][?collection=NAME]; without a specification, the spool is in the database")
	}
	s, err := firestore.Open(ctx, parameters)
	if err != nil {
		return nil, err // not a nil pointer in an interface
	}
	return s, nil
}
