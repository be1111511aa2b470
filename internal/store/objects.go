// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/spool"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Objects is a Store that answers for objects by their relations. What it reads
// is found by indexes, and nothing else is read, unless everything is asked for.
type Objects interface {
	Reader
	RollUpper // what is asked most is counted already
	// Match returns the objects that any of the patterns names, each once, in
	// sets of opts.PerSet at most, in the order of object.Types() and within a type
	// in that of the IDs. A checkout belongs to a revision where it has a commit
	// hash, and a patch set hash or no patch set files; parents that are not in
	// the database do not connect what is below them with what is above.
	Match(ctx context.Context, patterns []object.Pattern, opts MatchOptions) iter.Seq2[*object.Set, error]
	// Outcomes returns what is needed of tests to sum them up, of all those of
	// the builds, build by build in the order given, by path within a build.
	Outcomes(ctx context.Context, builds []string) iter.Seq2[Outcome, error]
	// Runs returns the tests of the builds as lists show them, build by build in the
	// order given, by path within a build, in an order of the engine within a path. It
	// leaves out the tests of after.BuildID up to and including after, so that a page
	// of a list need not read the pages before it. The zero key leaves out nothing.
	// If the test of the key is gone, tests of the same path may be left out as well.
	Runs(ctx context.Context, builds []string, after RunKey) iter.Seq2[Run, error]
	// Previous returns the IDs of builds like one, newest first: those of the same
	// origin, architecture and configuration, in checkouts of the same repository
	// and branch, of the same origin, that started before its own; at most n.
	Previous(ctx context.Context, like Like, n int) ([]string, error)
}

// MatchOptions say how Match returns objects.
type MatchOptions struct {
	Metadata bool // objects come with their Timestamp
	PerSet   int  // objects in a set at most; 0 leaves it to the driver
	// Most is how many objects there may be, 0 for any number. More of them are
	// ErrTooMuch, before any is read as a whole.
	Most int
}

// Outcome is how a test ended, and where. Texts it does not have are "".
type Outcome struct {
	ID, BuildID, Origin string
	Path                string
	Status              report.Status
	Platform            string // "platform" of environment.misc, where it is a string
	Start               time.Time
}

// Run is a test without what is long. Texts it does not have are "".
type Run struct {
	ID, BuildID, Origin string
	Path                string
	Status              report.Status
	Start               *time.Time
	Duration            *float64 // seconds
	Compatible          []string // of the environment; nil for none
	EnvironmentMisc     json.RawMessage
	LogURL              string
	Misc                json.RawMessage
}

// RunKey is the place of a test in the order of Runs.
type RunKey struct{ BuildID, Path, ID string }

// Like is what makes builds comparable. Texts that are absent are "", and equal
// only to texts that are absent.
type Like struct {
	Origin                   string
	RepositoryURL, Branch    string
	Architecture, ConfigName string
	Before                   time.Time // start of the checkout
}

// Spooler is a Store that keeps changes and notifications for those who notify
// people.
type Spooler interface {
	Spool() *spool.Spool
}
