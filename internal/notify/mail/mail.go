// SPDX-License-Identifier: Apache-2.0

// Package mail composes messages and gives them to a mail server.
//
// A Message becomes bytes. Equal messages become equal bytes, and no text of a report
// gets out of its place. A Sender gives the bytes to a server for one recipient at a
// time, so that each delivery has its own result: a refused recipient does not affect
// the others, and repeating a delivery does not send the message to others again.
//
// Messages are composed, and SMTP is spoken, with github.com/wneessen/go-mail. We use
// its lower package smtp instead of its client for whole messages, because smtp returns
// each answer with its code. We prefer it to the client of github.com/emersion/go-smtp,
// which greets as "localhost" before STARTTLS, so that some servers refuse it, and
// which cannot use STARTTLS only if the server offers it. The library has no limits;
// the connection below it bounds time and the size of answers.
package mail
