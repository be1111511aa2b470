// SPDX-License-Identifier: Apache-2.0

package public

import (
	"context"
	"errors"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/store"
)

// ErrOther is the error if the public database was not made from the whole one for the
// private origins that are set: it lacks objects, or has objects that are private now.
var ErrOther = errors.New("the public database does not fit")

// The settings that record the private origins: in the public database those that it leaves
// out, and in the whole one those for which a public database gets all loads.
const (
	leftOut   = "left_out_origins"
	published = "published_without"

	unfinished = "?" // in place of the origins, while a public database is made
)

// Check returns an error unless the public database was made from the whole one for these
// private origins, and got all loads since. It records that of two databases without
// objects.
func Check(ctx context.Context, whole, public store.Store, p Private) error {
	recorded, err := compare(ctx, whole, public, p)
	if err != nil || recorded {
		return err
	}
	return Record(ctx, whole, public, p)
}

// Compare returns the error of Check. It records nothing.
func Compare(ctx context.Context, whole, public store.Store, p Private) error {
	_, err := compare(ctx, whole, public, p)
	return err
}

// compare reports whether both databases record that they fit. Its error is ErrOther if they
// do not, and have objects.
func compare(ctx context.Context, whole, public store.Store, p Private) (recorded bool, err error) {
	gets, err := setting(ctx, whole, published)
	if err != nil {
		return false, err
	}
	lacks, err := setting(ctx, public, leftOut)
	if err != nil {
		return false, err
	}
	if gets == p.String() && lacks == p.String() {
		return true, nil
	}
	for _, s := range []store.Store{whole, public} {
		last, err := s.Time(ctx, store.LastModified)
		if err != nil {
			return false, err
		}
		if !last.IsZero() {
			return false, fmt.Errorf("%w: %s", ErrOther, difference(lacks, p))
		}
	}
	return false, nil
}

// difference says in words how a public database that lacks some origins differs from the
// configuration.
func difference(lacks string, p Private) string {
	switch lacks {
	case "", unfinished:
		return "the objects of the database are not copied into it yet"
	case p.String():
		return "the service ran without it since it was made"
	}
	return "it was made for the private origins " + lacks
}

// Record records that the public database has all objects of the whole one but those of the
// private origins.
func Record(ctx context.Context, whole, public store.Store, p Private) error {
	if err := set(ctx, public, leftOut, p.String()); err != nil {
		return err
	}
	return set(ctx, whole, published, p.String())
}

// Forget records that no public database gets the loads of the whole one.
func Forget(ctx context.Context, whole store.Store) error {
	if value, err := setting(ctx, whole, published); err != nil || value == "" {
		return err
	}
	return set(ctx, whole, published, "")
}

// setting returns a setting of a database, "" for none, also of a database that keeps none.
func setting(ctx context.Context, s store.Store, name string) (string, error) {
	if db := registry.Of(s); db != nil {
		return db.Setting(ctx, name)
	}
	return "", nil
}

func set(ctx context.Context, s store.Store, name, value string) error {
	db := registry.Of(s)
	if db == nil {
		return fmt.Errorf("%w: private origins need databases that keep settings: use sqlite or postgresql", store.ErrUnsupported)
	}
	return db.SetSetting(ctx, name, value)
}
