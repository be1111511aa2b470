// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"
	"text/template"
	"time"

	"cel.dev/cel-go/cel"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/object"
)

// Subscription says what somebody wants to hear of. It does not change, and may
// be used concurrently.
type Subscription struct {
	Name  string      // unique in its folder: letters, digits, ".", "_" and "-"
	File  string      // that it was read from
	About string      // a remark for people, "" for none
	On    object.Type // of the objects

	To, Cc, Bcc []string // addresses as "name@host" or "Name <name@host>"
	Mail, Feed  bool     // whether it goes out as mails, and into the feed
	Hooks       []string // names of the webhooks it goes to

	// Wait is how long to wait after the last change of the object, but no longer
	// than AtMost after the first; AtMost is 0 for no bound.
	Wait, AtMost time.Duration
	// Budget is how many mails a recipient gets from it in a day, 0 for no limit.
	Budget int

	typ       *cel.Type // of the objects
	selectors []selector
	match     *expression        // nil for none
	id        *expression        // nil for none
	templates *template.Template // has "_subject" and "_body"
	vias      []words            // what the webhooks are named by in the file
}

// Input is an object that a subscription is asked about.
type Input struct {
	Object  graph.Object
	Created bool // it is new
	// Was and Now are its status before and after the change, "" for none. They
	// are called where a subscription needs them, maybe several times.
	Was, Now func() (string, error)
}

// Options say how subscriptions are read.
type Options struct {
	// Templates are those that subjects and bodies may use, with the functions
	// they have; those without a text of their own are {{template "summary" .}}
	// and {{template "description" .}}, and see the same data.
	Templates *template.Template
	// Data is what templates will see, of an object there is nothing known about:
	// they are checked against it. It must have an .Object. Nil stands for a
	// struct of Object, Subscription, Was and Now.
	Data func(s *Subscription, o graph.Object) any
}

// Problem is what is wrong with a file. Lines and columns count from 1; 0 where
// it is no single one.
type Problem struct {
	File         string
	Line, Column int
	Text         string
}

// String returns "FILE:LINE:COLUMN: TEXT".
func (p Problem) String() string {
	switch {
	case p.Line == 0:
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	case p.Column == 0:
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Match tells whether somebody wants to hear of the object. An error is one of
// the expression, or comes from the database by way of the object's view; the
// world that it is from knows which.
func (s *Subscription) Match(ctx context.Context, in *Input) (bool, error) {
	if typeOf(in.Object) != s.typ {
		return false, nil
	}
	for i := range s.selectors {
		if fits, err := s.selectors[i].fits(in); err != nil || !fits {
			return false, err
		}
	}
	if s.match == nil {
		return true, nil
	}
	return s.match.truth(ctx, in)
}

// maxMessageID is how many bytes the ID of a message may have.
const maxMessageID = 256

// MessageID returns the ID of the message about the object: of the same
// subscription, object and ID only one is ever sent. It is "" where the
// subscription says nothing about it.
func (s *Subscription) MessageID(ctx context.Context, in *Input) (string, error) {
	if s.id == nil {
		return "", nil
	}
	id, err := s.id.text(ctx, in)
	if err == nil && len(id) > maxMessageID {
		return "", fmt.Errorf("id: longer than %d bytes", maxMessageID)
	}
	return id, err
}
