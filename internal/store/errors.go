// SPDX-License-Identifier: Apache-2.0

package store

import "errors"

// The ways a store fails that a caller acts upon. Drivers wrap them with the
// operation and its subject; anything else is the engine's own error.
var (
	// ErrNotFound: there is no database at the place the specification names.
	ErrNotFound = errors.New("database not found")
	// ErrNotInitialized: the database is there, without a schema in it.
	ErrNotInitialized = errors.New("database not initialized")
	// ErrInitialized: the database has a schema already.
	ErrInitialized = errors.New("database already initialized")
	// ErrOldSchema: the schema is older than this program needs; "kcidb db upgrade" brings it up.
	ErrOldSchema = errors.New("database schema is older than this program needs: run kcidb db upgrade")
	// ErrNewSchema: the schema is newer than this program knows; a newer program is needed.
	ErrNewSchema = errors.New("database schema is newer than this program knows")
	// ErrUnknownSchema: no schema has the version asked for, or it cannot be reached.
	ErrUnknownSchema = errors.New("no such database schema")
	// ErrUnsupported: the driver cannot do this at all.
	ErrUnsupported = errors.New("not supported by this database")
	// ErrBusy: another process holds the database; trying again may help.
	ErrBusy = errors.New("database is in use by another process")
	// ErrFull: there is no room left; nothing of the operation was kept.
	ErrFull = errors.New("no space left for the database")
	// ErrReadOnly: the database cannot be written to.
	ErrReadOnly = errors.New("database is read-only")
	// ErrCorrupt: the files are not, or no longer, a database of ours.
	ErrCorrupt = errors.New("database is damaged or not a KCIDB database")
	// ErrForeign: the database has the schema of the Python system.
	ErrForeign = errors.New("database has the Python system's own schema: " +
		`dump it with that system's kcidb-db-dump, and "kcidb db load --with-metadata" the dump into a new database`)
	// ErrForbidden: the user of the database may not do this.
	ErrForbidden = errors.New("the database's user may not do this")
	// ErrUnavailable: the database's server does not answer, or takes no more connections; trying again may help.
	ErrUnavailable = errors.New("database is not available")
	// ErrTooMuch: more objects are asked for than the question allows.
	ErrTooMuch = errors.New("more objects than may be asked for at a time")
	// ErrNoReceipt: no submission with the ID is known.
	ErrNoReceipt = errors.New("no receipt")
	// ErrLoaded: a submission was loaded before, as its receipt tells.
	ErrLoaded = errors.New("submission was loaded before")
)
