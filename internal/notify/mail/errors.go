// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"net/textproto"
	"strconv"
)

// The stages of a delivery, in their order.
const (
	StageAddress  = "address"  // checking what is to be sent, before anything is
	StageConnect  = "connect"  // to the server
	StageGreeting = "greeting" // its first line
	StageHello    = "hello"    // EHLO
	StageTLS      = "tls"      // starting it, and checking the certificate
	StageAuth     = "auth"     // AUTH
	StageMail     = "mail"     // MAIL FROM
	StageRcpt     = "rcpt"     // RCPT TO
	StageData     = "data"     // DATA, and the message up to the final dot
	StageEnd      = "end"      // the answer to the final dot
)

// Error is why a message was not delivered.
type Error struct {
	Stage string
	Code  int    // what the server answered, 0 where it did not
	Text  string // the server's text or ours, one line that is safe to show
	// Refused: the server does not want this message for this recipient, and it
	// would be no use to try again.
	Refused bool
	// Uncertain: the connection was lost between the final dot and the answer to
	// it. The message may have been delivered, and would then be twice.
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

// Permanent tells whether it is no use to try again.
func (e *Error) Permanent() bool { return e.Refused }

// Down reports whether the error is one of the server or of the connection to it, and
// not of this message: others would not get through either.
func (e *Error) Down() bool {
	switch e.Stage {
	case StageAddress:
		return false
	case StageConnect, StageGreeting, StageHello, StageTLS, StageAuth:
		return true
	}
	return e.gone()
}

// Unwrap returns what went wrong below, for errors.Is.
func (e *Error) Unwrap() error { return e.err }

// failure makes an Error of what went wrong in a stage.
func failure(ctx context.Context, stage string, err error) *Error {
	e := &Error{Stage: stage, err: err}
	answer, answered := errors.AsType[*textproto.Error](err)
	switch {
	case answered:
		e.Code = answer.Code
		e.Text = line(answer.Msg, maxValue)
		e.Refused = refused(stage, e.Code)
	case ctx.Err() != nil:
		// The connection was closed under the one who waited; say why.
		e.err = context.Cause(ctx)
		e.Text = line("gave up waiting: "+e.err.Error(), maxValue)
	default:
		e.Text = line(err.Error(), maxValue)
	}
	e.Uncertain = stage == StageEnd && e.Code == 0
	return e
}

// refused tells whether an answer is about the message. Those about ourselves are
// not: the operator mends that, and the message then goes out.
func refused(stage string, code int) bool {
	switch stage {
	case StageMail, StageRcpt, StageData, StageEnd:
	default:
		return false
	}
	switch code {
	case 503, 530, 534, 535, 538: // wrong order, and kinds of "authenticate first"
		return false
	}
	return code >= 500
}

// gone tells that the connection is of no more use.
func (e *Error) gone() bool { return e.Code == 0 || e.Code == 421 }
