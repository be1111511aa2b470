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

// Subscription says which notifications its recipients get. It does not change, and may
// be used concurrently.
type Subscription struct {
	Name  string // unique in its folder: letters, digits, ".", "_" and "-"
	File  string // name of its file
	About string // a remark for people, "" for none
	// Private says that the recipients may learn of the results of private origins.
	Private bool
	On      object.Type // type of the objects

	To, Cc, Bcc []string // addresses as "name@host" or "Name <name@host>"
	Mail, Feed  bool     // whether notifications go out as mails, and into the feed
	Hooks       []string // names of webhooks

	// Wait is how long a notification waits after the last change of the object, and
	// AtMost how long after the first change; AtMost is 0 for no limit.
	Wait, AtMost time.Duration
	// Budget is the most mails to a recipient in a day; 0 for no limit.
	Budget int

	typ       *cel.Type // of the objects
	selectors []selector
	match     *expression        // nil for none
	id        *expression        // nil for none
	templates *template.Template // has "_subject" and "_body"
	vias      []words            // names of the webhooks in the file
}

// Input is an object that is matched with a subscription.
type Input struct {
	Object  graph.Object
	Created bool // the object is new
	// Was and Now return the status before and after the change, "" for none. A
	// subscription calls them if it needs them, and may call them several times.
	Was, Now func() (string, error)
}

// Options are the options for reading subscriptions.
type Options struct {
	// Templates are the templates and functions that subjects and bodies may use. A
	// subscription without its own text uses {{template "summary" .}} and {{template
	// "description" .}}, with the same data.
	Templates *template.Template
	// Data returns the data of templates for an object without properties, to check
	// templates with. It must have an .Object. If Data is nil, the data is a struct of
	// Object, Subscription, Was and Now.
	Data func(s *Subscription, o graph.Object) any
}

// Problem is a mistake in a file. Lines and columns count from 1. They are 0 if the
// mistake has no single place.
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

// Match reports whether an object matches the subscription. The error is that of the
// expression, or of the database; the graph of the object knows which.
func (s *Subscription) Match(ctx context.Context, in *Input) (bool, error) {
	if typeOf(in.Object) != s.typ {
		return false, nil
	}
	for i := range s.selectors {
		if matches, err := s.selectors[i].matches(in); err != nil || !matches {
			return false, err
		}
	}
	if s.match == nil {
		return true, nil
	}
	return s.match.isTrue(ctx, in)
}

// maxMessageID is the most bytes of the ID of a message.
const maxMessageID = 256

// MessageID returns the ID of the message about an object, "" if the subscription has
// no id. Only one message is ever sent for a subscription, an object and an ID.
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
