// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// errSlow: the server did not answer a statement in time.
var errSlow = fmt.Errorf("%w: the server does not answer", store.ErrUnavailable)

// The states of the engine that are acted upon; the names are PostgreSQL's.
const (
	serializationFailure = "40001" // also: a replica had to apply a change
	deadlockDetected     = "40P01"
	undefinedTable       = "42P01"
	duplicateObject      = "42710"
	uniqueViolation      = "23505"
	insufficientRights   = "42501"
	diskFull             = "53100"
	tooManyConnections   = "53300"
	tooLong              = "54000" // for an index; also: no transaction numbers are left
	lockNotAvailable     = "55P03"
	idleTooLong          = "25P03"
	undefinedFile        = "58P01"
	configurationLimit   = "53400" // temp_file_limit
	readOnlyTransaction  = "25006"
	invalidPassword      = "28P01"
	invalidAuthorization = "28000" // no such role, or pg_hba.conf has no entry
	invalidCatalogName   = "3D000" // no such database
	featureNotSupported  = "0A000"
	queryCanceled        = "57014"
	outOfMemory          = "53200"
)

// refusals are the engine's errors that are about the data itself, with what the
// submitter is told. Loading the same data again ends in the same error. The list
// is closed: data that fails with another error waits and is tried again.
var refusals = map[string]string{
	"22001": "a text is longer than the database keeps",
	"22003": "a number is out of the database's range",
	"22008": "a time is out of the database's range",
	"22021": "a text has characters that the database does not keep",
	"22P05": "a text has characters that the database does not keep",
}

// refusal returns why the engine can never keep the data, "" if its error is not
// about the data. A server that is about to run out of transaction numbers gives
// the state of what is too long for an index, and takes the data when it has been
// mended.
func refusal(err *pgconn.PgError) string {
	if err.Code == tooLong && strings.HasPrefix(err.Message, "index row") {
		return "an ID, or another name of the object, is too long to be kept"
	}
	return refusals[err.Code]
}

// conflict is what to do where a replica had to choose.
const conflict = ": the replica had to apply a change; set hot_standby_feedback or raise max_standby_streaming_delay on it, or ask the primary"

// state returns the engine's state of an error, "" where it is none of the
// engine's.
func state(err error) string {
	if engine, ok := errors.AsType[*pgconn.PgError](err); ok {
		return engine.Code
	}
	return ""
}

// failure returns err with the database and the operation named, with the
// store's error for it where there is one, and with what to do about it. An
// operation that ended because ctx did returns the context's error.
func (s *Store) failure(ctx context.Context, operation string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if errors.Is(err, context.DeadlineExceeded) && !isConnect(err) {
		err = errSlow // nobody else sets a time but patient
	}
	return fmt.Errorf("%s: %s: %w", s.name, operation, s.explain(s.translate(err)))
}

// translate returns the store's error for one of the engine's, together with
// what of it helps.
func (s *Store) translate(err error) error {
	var connect *pgconn.ConnectError
	engine, isEngine := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, rollup.ErrAgain):
		return fmt.Errorf("%w: %w", store.ErrBusy, err)
	case errors.Is(err, errSlow), errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrBusy):
		return err
	case isEngine:
		advice, sentinel := meaning(engine)
		text := within(err, engine) + message(engine) + advice
		if why := refusal(engine); why != "" {
			return &store.Refused{Why: why, Err: errors.New(text)}
		}
		if sentinel == nil {
			return errors.New(text)
		}
		return fmt.Errorf("%w: %s", sentinel, text)
	case errors.As(err, &connect):
		return fmt.Errorf("%w: the server cannot be reached: %s: see whether it runs there, and what its log says", store.ErrUnavailable, plain(connect))
	case s.closed.Load():
		return errClosed
	case isBroken(err):
		return fmt.Errorf("%w: the connection broke: %w", store.ErrUnavailable, err)
	}
	return err
}

// meaning returns what to do about an error of the engine's, and the store's error
// for it, nil where there is none.
func meaning(err *pgconn.PgError) (advice string, sentinel error) {
	switch err.Code {
	case diskFull, configurationLimit:
		return ": make room on the server's disk", store.ErrFull
	case tooManyConnections:
		return ": raise max_connections on the server, or the role's CONNECTION LIMIT, or run fewer processes", store.ErrUnavailable
	case readOnlyTransaction:
		return ": this is a replica, or the server is told to write nothing; name the primary as the database, and the replica as the read database", store.ErrReadOnly
	case insufficientRights:
		if strings.Contains(err.Message, "for schema") {
			return ": be the owner of the database, or have its owner grant the user CREATE and USAGE on the schema", store.ErrForbidden
		}
		return `: "kcidb db init" makes the roles kcidb_editor and kcidb_viewer; grant the user one of them, or be the owner`, store.ErrForbidden
	case invalidPassword, invalidAuthorization:
		if strings.HasSuffix(err.Message, "does not exist") {
			return `: "createuser" makes it`, store.ErrForbidden
		}
		return ": see the user's password in ~/.pgpass or PGPASSWORD, and pg_hba.conf on the server", store.ErrForbidden
	case invalidCatalogName:
		return `: "createdb" makes it`, store.ErrNotFound
	case serializationFailure:
		if strings.Contains(err.Message, "recovery") {
			return conflict, store.ErrBusy
		}
		return ": try again", store.ErrBusy
	case deadlockDetected:
		return ": try again", store.ErrBusy
	case lockNotAvailable:
		return ": try again, or raise the user's lock_timeout", store.ErrBusy
	case queryCanceled:
		return ": somebody cancelled it, or the user's statement_timeout is too short", store.ErrBusy
	case idleTooLong:
		return ": raise the user's idle_in_transaction_session_timeout", store.ErrUnavailable
	case undefinedFile:
		return "", store.ErrCorrupt
	}
	switch err.Code[:min(2, len(err.Code))] {
	case "08", "57": // the connection, and being shut down or starting up
		return ": try again when the server is up; its log tells more", store.ErrUnavailable
	case "53":
		return "", store.ErrUnavailable
	case "XX":
		return "", store.ErrCorrupt
	}
	return "", nil
}

// within returns what was put in front of an engine's error, as the migration
// that it happened in.
func within(err error, engine *pgconn.PgError) string {
	before, found := strings.CutSuffix(err.Error(), engine.Error())
	if !found || isConnect(err) {
		return ""
	}
	return before
}

// message returns what an error of the engine says, without the severity, and
// with the detail where that tells more of the schema or the rights, never data.
func message(err *pgconn.PgError) string {
	return fmt.Sprintf("%s (SQLSTATE %s)", err.Message, err.Code)
}

// plain returns why the server cannot be reached: the innermost reasons, of
// which there is one for each address. The library's own text repeats the user
// and the database, which are in the specification.
func plain(err *pgconn.ConnectError) string {
	text := strings.ReplaceAll(err.Unwrap().Error(), "\n\t", "; ")
	return strings.Join(strings.Fields(text), " ")
}

// explain adds the command that helps.
func (s *Store) explain(err error) error {
	switch {
	case errors.Is(err, store.ErrNotInitialized):
		return fmt.Errorf(`%w: "kcidb db init -d %s" makes it`, err, s.argument())
	case errors.Is(err, store.ErrOldSchema):
		return fmt.Errorf("%w -d %s", err, s.argument())
	case errors.Is(err, store.ErrNewSchema):
		return fmt.Errorf("%w: install a newer kcidb, as the one that upgraded it", err)
	}
	return err
}

// argument returns the specification as a shell takes it.
func (s *Store) argument() string { return "'" + strings.ReplaceAll(s.name, "'", `'\''`) + "'" }

// isDamage tells whether an error may be about one row, which others can be read
// without.
func isDamage(err error) bool {
	switch code := state(err); {
	case code == outOfMemory: // by a value, say
		return true
	case code != "":
		return slices.Contains([]string{"22", "54", "58", "XX"}, code[:2])
	}
	return errors.Is(err, store.ErrCorrupt)
}

// isBroken tells whether an error is one of the connection: the server is gone,
// restarts, or does not take more.
func isBroken(err error) bool {
	if engine, ok := errors.AsType[*pgconn.PgError](err); ok {
		_, sentinel := meaning(engine)
		return errors.Is(sentinel, store.ErrUnavailable)
	}
	return isConnect(err) || isNetwork(err)
}

// isConnect tells whether an error is one of connecting.
func isConnect(err error) bool {
	_, is := errors.AsType[*pgconn.ConnectError](err)
	return is
}
