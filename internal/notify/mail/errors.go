// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"net/textproto"
	"strconv"
)

// Stages of a delivery, in order.
const (
	stageAddress  = "address"  // checking the addresses, before connecting
	stageConnect  = "connect"  // to the server
	stageGreeting = "greeting" // its first line
	stageHello    = "hello"    // EHLO
	stageTLS      = "tls"      // starting TLS, and checking the certificate
	stageAuth     = "auth"     // AUTH
	stageMail     = "mail"     // MAIL FROM
	stageRcpt     = "rcpt"     // RCPT TO
	stageData     = "data"     // DATA, and the message up to the final dot
	stageEnd      = "end"      // the answer to the final dot
)

// Error is the failure of a delivery.
type Error struct {
	Stage string
	Code  int    // the server's answer, 0 without an answer
	Text  string // the server's text or ours, one line that is safe to show
	// Refused: the server does not want this message for this recipient. Trying again
	// does not help.
	Refused bool
	// Uncertain: the connection broke between the final dot and its answer. The message
	// may have been delivered. Trying again may deliver it twice.
	Uncertain bool

	err error
}

func (e *Error) Error() string {
	text := "mail: " + e.Stage + ": "
	if e.Code != 0 {
		text += strconv.Itoa(e.Code) + " "
	}
	text += e.Text
	if e.Uncertain {
		text += " (it may have been delivered)"
	}
	return text
}

// Permanent reports whether trying again does not help.
func (e *Error) Permanent() bool { return e.Refused }

// Down reports whether the error is of the server or of the connection rather than of
// this message. Other messages would fail too.
func (e *Error) Down() bool {
	switch e.Stage {
	case stageAddress:
		return false
	case stageConnect, stageGreeting, stageHello, stageTLS, stageAuth:
		return true
	}
	return e.connectionLost()
}

// Unwrap returns the underlying error.
func (e *Error) Unwrap() error { return e.err }

// failure returns the Error for an error in a stage.
func failure(ctx context.Context, stage string, err error) *Error {
	e := &Error{Stage: stage, err: err}
	answer, answered := errors.AsType[*textproto.Error](err)
	switch {
	case answered:
		e.Code = answer.Code
		e.Text = line(answer.Msg, maxValue)
		e.Refused = refused(stage, e.Code)
	case ctx.Err() != nil:
		// The end of ctx closed the connection; return its cause.
		e.err = context.Cause(ctx)
		e.Text = line("gave up waiting: "+e.err.Error(), maxValue)
	default:
		e.Text = line(err.Error(), maxValue)
	}
	e.Uncertain = stage == stageEnd && e.Code == 0
	return e
}

// refused reports whether an answer refuses the message. An answer that refuses us does
// not: the operator can fix that, and the message then goes out.
func refused(stage string, code int) bool {
	switch stage {
	case stageMail, stageRcpt, stageData, stageEnd:
	default:
		return false
	}
	switch code {
	case 503, 530, 534, 535, 538: // wrong order, and kinds of "authenticate first"
		return false
	}
	return code >= 500
}

// connectionLost reports whether the connection cannot be used any more.
func (e *Error) connectionLost() bool { return e.Code == 0 || e.Code == 421 }
