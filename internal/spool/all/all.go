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

const prefix = "firestore:"

// Check returns an error unless a specification, which is no reference, is of a spool that
// Open can open.
func Check(specification string) error {
	if strings.HasPrefix(specification, prefix) {
		return nil
	}
	return errors.New(`spool must begin with "` + prefix + `": the specification is firestore:PROJECT[/DATABASE][?collection=NAME]; without one, the spool is in the database`)
}

// Open opens the spool of a specification, which may be a reference: see package secrets.
func Open(ctx context.Context, specification string) (spool.Spool, error) {
	specification, err := secrets.Resolve(ctx, specification)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if err := Check(specification); err != nil {
		return nil, err
	}
	s, err := firestore.Open(ctx, strings.TrimPrefix(specification, prefix))
	if err != nil {
		return nil, err // not a nil pointer in an interface
	}
	return s, nil
}
