// SPDX-License-Identifier: Apache-2.0

// Package mail writes messages and gives them to a mail server.
//
// A Message becomes bytes, the same for the same message, whatever is in the
// reports its texts were made from. A Sender gives those bytes to a server for one
// recipient at a time, so that each delivery has its own end: one recipient whom
// the server refuses keeps nothing from the others, and a delivery tried again is
// tried for nobody else.
//
// Messages are composed, and SMTP is spoken, with github.com/wneessen/go-mail. Of
// it we use the client below, its smtp package, not the one that sends whole
// messages: there each answer comes with its code to the command it is for. It
// was chosen over the client of github.com/emersion/go-smtp because that one
// greets as "localhost" before STARTTLS, which some servers refuse, and cannot use
// STARTTLS just where it is offered. It has no limits of its own; those on time
// and on the size of answers are put on the connection below it.
package mail
