// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// errSlow: the server did not answer a statement in time.
var errSlow = fmt.Errorf("%w: the server does not answer", store.ErrUnavailable)

// States of the engine that have a meaning for us. The names are PostgreSQL's.
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

// refusals are the engine's errors about the data itself, with the messages to the
// submitter. Loading the same data again ends in the same error. The list
// is closed: data that fails with another error waits and is tried again.
var refusals = map[string]string{
	"22001": "a text is longer than the database keeps",
	"22003": "a number is out of the database's range",
	"22008": "a time is out of the database's range",
	"22021": "a text has characters that the database does not keep",
	"22P05": "a text has characters that the database does not keep",
}

// refusal returns why the engine can never keep the data, "" if its error is not about
// the data. A server that is about to run out of transaction numbers returns the same
// state as for a text that is too long for an index, but takes the data once it has been
// repaired.
func refusal(err *pgconn.PgError) string {
	if err.Code == tooLong && strings.HasPrefix(err.Message, "index row") {
		return "an ID, or another name of the object, is too long to be kept"
	}
	return refusals[err.Code]
}

// conflict is the advice if a replica cancelled a query to apply a change.
const conflict = ": the replica had to apply a change; set hot_standby_feedback or raise max_standby_streaming_delay on it, or ask the primary"

// state returns the engine's state of an error, "" if the error is not from the engine.
func state(err error) string {
	if engine, ok := errors.AsType[*pgconn.PgError](err); ok {
		return engine.Code
	}
	return ""
}

// failure returns err with the database and the operation named, wrapped in the store's
// error for it if there is one, and with advice. If the operation ended because ctx was
// done, failure returns the cause of that.
func (s *Store) failure(ctx context.Context, operation string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if errors.Is(err, context.DeadlineExceeded) && !isConnect(err) {
		err = errSlow // only statementContext sets a deadline
	}
	return fmt.Errorf("%s: %s: %w", s.name, operation, s.explain(s.translate(err)))
}

// translate returns the store's error for one of the engine's errors, with the parts of
// its text that help.
func (s *Store) translate(err error) error {
	var connect *pgconn.ConnectError
	engine, isEngine := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, rollup.ErrAgain):
		return fmt.Errorf("%w: %w", store.ErrBusy, err)
	case errors.Is(err, errSlow), errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrBusy):
		return err
	case isEngine:
		advice, sentinel := adviceFor(engine)
		text := textBefore(err, engine) + message(engine) + advice
		if why := refusal(engine); why != "" {
			return &store.Refused{Why: why, Err: errors.New(text)}
		}
		if sentinel == nil {
			return errors.New(text)
		}
		return fmt.Errorf("%w: %s", sentinel, text)
	case errors.As(err, &connect):
		return fmt.Errorf("%w: the server cannot be reached: %s: see whether it runs there, and what its log says", store.ErrUnavailable, connectReasons(connect))
	case s.closed.Load():
		return errClosed
	case isBroken(err):
		return fmt.Errorf("%w: the connection broke: %w", store.ErrUnavailable, err)
	}
	return err
}

// adviceFor returns advice about an error of the engine, and the store's error for it, nil
// if the store has none.
func adviceFor(err *pgconn.PgError) (advice string, sentinel error) {
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
		return ": an administrator cancelled it, or the user's statement_timeout is too short", store.ErrBusy
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

// textBefore returns the text that stands before an engine's error, such as the migration
// that failed.
func textBefore(err error, engine *pgconn.PgError) string {
	before, found := strings.CutSuffix(err.Error(), engine.Error())
	if !found || isConnect(err) {
		return ""
	}
	return before
}

// message returns the text of an engine's error without the severity. It includes no
// detail, because a detail may contain data.
func message(err *pgconn.PgError) string {
	return fmt.Sprintf("%s (SQLSTATE %s)", err.Message, err.Code)
}

// connectReasons returns why the server cannot be reached: the innermost reasons, one for each
// address. The library's own text repeats the user and the database, which the
// specification has already.
func connectReasons(err *pgconn.ConnectError) string {
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

// argument returns the specification as an argument of a shell.
func (s *Store) argument() string { return "'" + strings.ReplaceAll(s.name, "'", `'\''`) + "'" }

// isDamage reports whether an error may concern a single row, so that other rows can
// still be read.
func isDamage(err error) bool {
	switch code := state(err); {
	case code == outOfMemory: // by a value, say
		return true
	case code != "":
		return slices.Contains([]string{"22", "54", "58", "XX"}, code[:2])
	}
	return errors.Is(err, store.ErrCorrupt)
}

// isBroken reports whether an error is one of the connection: the server is gone,
// restarts, or accepts no more connections.
func isBroken(err error) bool {
	if engine, ok := errors.AsType[*pgconn.PgError](err); ok {
		_, sentinel := adviceFor(engine)
		return errors.Is(sentinel, store.ErrUnavailable)
	}
	return isConnect(err) || isNetwork(err)
}

// isConnect reports whether an error happened while connecting.
func isConnect(err error) bool {
	_, is := errors.AsType[*pgconn.ConnectError](err)
	return is
}

// isNetwork reports whether an error is one of the connection itself.
func isNetwork(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}
