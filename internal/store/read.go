// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// DumpOptions bound a dump.
type DumpOptions struct {
	After, Until time.Time // arrival: After < t <= Until; zero for no bound
	Metadata     bool      // objects come with their Timestamp
	PerReport    int       // objects in a report at most; 0 leaves it to the driver
}

// Query says which objects are wanted.
type Query struct {
	Checkouts, Builds, Tests, Incidents []string
	Issues                              []Key
	Parents                             bool // every ancestor of these, too
	Children                            bool // every descendant of these and, with Parents, of their ancestors
	Metadata                            bool // objects come with their Timestamp
	PerReport                           int  // objects in a report at most; 0 leaves it to the driver
}

// Empty reports whether the query asks for nothing.
func (q *Query) Empty() bool {
	return len(q.Checkouts)+len(q.Builds)+len(q.Tests)+len(q.Issues)+len(q.Incidents) == 0
}

// Clock names a time of a database.
type Clock string

// The clocks.
const (
	FirstModified Clock = "first_modified" // the oldest object's timestamp
	LastModified  Clock = "last_modified"  // the newest object's timestamp
	Current       Clock = "current"        // the database's own clock
	// Next is the time of objects that are loaded now, later than that of any object
	// in the database: the current time, or a microsecond after the newest timestamp.
	// It ignores timestamps more than arrival.MaxAhead ahead.
	Next Clock = "next"
)

// MatchOptions say how Match returns objects.
type MatchOptions struct {
	Metadata bool // objects come with their Timestamp
	PerSet   int  // objects in a set at most; 0 leaves it to the driver
	// Most is how many objects there may be, 0 for any number. If there are more, Match
	// returns ErrTooMuch before it reads any object as a whole.
	Most int
}

// Outcome is how a test ended, and where. Absent texts are "".
type Outcome struct {
	ID, BuildID, Origin string
	Path                string
	Status              report.Status
	Platform            string // "platform" of environment.misc, if it is a string
	Start               time.Time
}

// Run is a test without its long properties. Absent texts are "".
type Run struct {
	ID, BuildID, Origin string
	Path                string
	Status              report.Status
	Start               *time.Time
	Duration            *float64 // seconds
	Compatible          []string // of the environment; nil if absent
	EnvironmentMisc     json.RawMessage
	LogURL              string
	Misc                json.RawMessage
}

// RunKey is the place of a test in the order of Runs.
type RunKey struct{ BuildID, Path, ID string }

// Like is what makes builds comparable. Absent texts are "", and equal only to
// absent texts.
type Like struct {
	Origin                   string
	RepositoryURL, Branch    string
	Architecture, ConfigName string
	Before                   time.Time // start of the checkout
}
