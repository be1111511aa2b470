// SPDX-License-Identifier: Apache-2.0

package store

import "github.com/kcidb-go/kcidb/internal/errkind"

// The errors of a store that a caller acts upon, each with its kind. Drivers wrap
// them with the operation and its subject. Any other error is the engine's own.
var (
	// ErrNotFound: the place that the specification names has no database.
	ErrNotFound = errkind.New(errkind.Broken, "database not found")
	// ErrNotInitialized: the database has no schema.
	ErrNotInitialized = errkind.New(errkind.Broken, "database not initialized")
	// ErrInitialized: the database has a schema already.
	ErrInitialized = errkind.New(errkind.Wrong, "database already initialized")
	// ErrOldSchema: the schema is older than this program needs; "kcidb db upgrade" upgrades it.
	ErrOldSchema = errkind.New(errkind.Broken, "database schema is older than this program needs: run kcidb db upgrade")
	// ErrNewSchema: the schema is newer than this program knows; a newer program is needed.
	ErrNewSchema = errkind.New(errkind.Broken, "database schema is newer than this program knows")
	// ErrUnknownSchema: no schema has the version asked for, or an upgrade cannot reach it.
	ErrUnknownSchema = errkind.New(errkind.Wrong, "no such database schema")
	// ErrUnsupported: the driver cannot do this at all.
	ErrUnsupported = errkind.New(errkind.Unsupported, "not supported by this database")
	// ErrBusy: another process holds the database; trying again may help.
	ErrBusy = errkind.New(errkind.Busy, "database is in use by another process")
	// ErrUnavailable: the database's server does not answer, or accepts no more connections; trying again may help.
	ErrUnavailable = errkind.New(errkind.Busy, "database is not available")
	// ErrFull: no space is left; nothing of the operation was kept.
	ErrFull = errkind.New(errkind.Full, "no space left for the database")
	// ErrReadOnly: the database cannot be written to.
	ErrReadOnly = errkind.New(errkind.Broken, "database is read-only")
	// ErrCorrupt: the files are not, or no longer, a database of ours.
	ErrCorrupt = errkind.New(errkind.Broken, "database is damaged or not a KCIDB database")
	// ErrForeign: the database has the schema of the Python system.
	ErrForeign = errkind.New(errkind.Broken, "database has the Python system's own schema: "+
		`dump it with that system's kcidb-db-dump, and "kcidb db load --with-metadata" the dump into a new database`)
	// ErrForbidden: the user of the database may not do this.
	ErrForbidden = errkind.New(errkind.Broken, "the database's user may not do this")
	// ErrTooMuch: the query asks for more objects than it allows.
	ErrTooMuch = errkind.New(errkind.TooLarge, "more objects than may be asked for at a time")
	// ErrNoReceipt: no submission with the ID is known.
	ErrNoReceipt = errkind.New(errkind.Gone, "no receipt")
	// ErrLoaded: a submission was loaded before: it has a receipt of success.
	ErrLoaded = errkind.New(errkind.Wrong, "submission was loaded before")
	// ErrRefused: the engine can never keep the data. A report may be given up only after
	// this error of Load. Drivers return it, as a *Refused, only on data errors of the
	// engine.
	ErrRefused = errkind.New(errkind.Wrong, "the database cannot keep this data")
)

// Refused is an ErrRefused with the reason.
type Refused struct {
	// Why is for the submitter: it names no path, host or user of the server.
	Why string
	// Err is the engine's error. It belongs in the log.
	Err error
}

// Error returns the reason and the engine's words.
func (r *Refused) Error() string {
	return ErrRefused.Error() + ": " + r.Why + ": " + r.Err.Error()
}

// Unwrap returns ErrRefused and the engine's error.
func (r *Refused) Unwrap() []error { return []error{ErrRefused, r.Err} }
