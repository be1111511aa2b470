// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"errors"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/store"
)

// The kinds of trouble of a single submission.
const (
	kindPanic       = "panic"       // the program panicked at a submission
	kindInterrupted = "interrupted" // the process ended, again and again, while it had a submission
	kindUnknown     = "unknown"
)

// storeKinds are the words for the errors of the store, or the artifact store, as a whole. Equal words are
// neighbours.
var storeKinds = []struct {
	err  error
	kind string
}{
	{store.ErrFull, "full"},
	{artifact.ErrFull, "full"},
	{store.ErrBusy, "busy"},
	{store.ErrReadOnly, "read-only"},
	{store.ErrCorrupt, "damaged"},
	{store.ErrUnavailable, "unavailable"},
	{store.ErrForbidden, "forbidden"},
	{store.ErrNotFound, "absent"},
	{store.ErrNotInitialized, "absent"},
	{store.ErrForeign, "foreign"},
	{store.ErrOldSchema, "schema"},
	{store.ErrNewSchema, "schema"},
	{artifact.ErrUnavailable, "artifacts"},
	{artifact.ErrForbidden, "artifacts"},
	{artifact.ErrMissing, "artifacts"},
}

// Kinds are all kinds of trouble, in the order of State.Aside. They are words for
// metrics and reveal nothing else of the server.
var Kinds = func() (all []string) {
	for i, k := range storeKinds {
		if i == 0 || all[len(all)-1] != k.kind {
			all = append(all, k.kind)
		}
	}
	return append(all, kindPanic, kindInterrupted, kindUnknown)
}()

// kindOf returns the kind of trouble of an error.
func kindOf(err error) string {
	if kind := storeKind(err); kind != "" {
		return kind
	}
	if _, is := errors.AsType[*panicked](err); is {
		return kindPanic
	}
	return kindUnknown
}

// storeKind returns the kind of trouble of an error of the store as a whole, "" for
// other errors. The sentinels of package store decide which errors these are, by their
// kinds; this package only has the words.
func storeKind(err error) string {
	if !errkind.Of(err).Passes() {
		return ""
	}
	for _, k := range storeKinds {
		if errors.Is(err, k.err) {
			return k.kind
		}
	}
	return kindUnknown
}

// panicked is a panic as an error.
type panicked struct{ cause any }

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.cause) }
