// SPDX-License-Identifier: Apache-2.0

// Package describe says in words what an object is and how it went. Mails, pages and
// commands use the same words.
//
// A description is a document: the verdict first, because people read mails on phones,
// then what was tested, what failed, which failures are known issues, and where to see
// more. A summary is one line of at most 256 characters.
//
// Reports may contain anything. Each text of a report is cleaned and shortened before it
// gets into a description, so that a description is bounded, and free of control
// characters.
package describe

import (
	"fmt"
	"slices"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/object"
)

// Data is an object, and why a subscriber gets a message about it. A description needs
// Object and Base only. Subscriptions' templates get a pointer to it. Its methods read
// from the database when they are called.
type Data struct {
	Object       graph.Object
	Subscription string // name of the subscription
	About        string // purpose of the subscription, in the words of its owner
	Reason       string // why the subscription matched
	Was, Now     string // status of the object before and now; "" if unknown
	First        bool   // no similar object had a status before, so Was is ""
	Base         string // public URL of this service; "" for texts without links to it
	Stop         string // how to get no more of these messages: a URL, or words

	found *graph.Findings // known issues, once they were read
}

// Type returns the type of the object, as in patterns.
func (d *Data) Type() string { return string(d.Object.Ref().Type) }

// Link returns the URL of the object's page.
func (d *Data) Link() string { return pageurl.Of(d.Base, d.Object.Ref()) }

// Summary says in one line of at most 256 characters what an object is and how it went.
func Summary(o graph.Object) (string, error) { return (&Data{Object: o}).Summary() }

// Line returns a text of a report as one line of at most 200 characters, without the
// characters that control terminals or change the direction of writing.
func Line(text string) string { return line(text) }

// Text returns a whole text of a report without the characters that control terminals or
// change the direction of writing. Its lines end in newlines.
func Text(text string) string { return clean(text) }

// IsTrouble reports whether a line of a log is a sign of trouble, such as an oops, a test
// that failed, or an error of a compiler.
func IsTrouble(line string) bool {
	return slices.ContainsFunc(signs, func(has sign) bool { return has(line) })
}

// Description says what an object is, how it went, and the known facts about that. The
// base is the public URL of this service, or "" for a document without links to it.
func Description(o graph.Object, base string) (document.Document, error) {
	return (&Data{Object: o, Base: base}).Description()
}

// Footer says why a subscriber gets a message, and how to get no more of them.
func (d *Data) Footer() document.Document {
	why := "You get this because it matches a subscription of this service."
	if d.Subscription != "" {
		why = fmt.Sprintf("You get this because of the subscription %q.", line(d.Subscription))
	}
	w := &writer{Data: d}
	w.text("About", paragraph(d.About))
	w.text("Reason", paragraph(d.Reason))
	w.text("To stop it", paragraph(d.Stop))
	w.url("Object", address(d.Link()))
	return document.Document{document.Signature{Text: why, Fields: w.fields}}
}

// readable returns the error of reading an object. Without it, a description would say
// that an object is unknown if the database cannot be read.
func readable(o graph.Object) (err error) {
	switch o := o.(type) {
	case *graph.Revision:
		_, err = o.Checkouts()
	case *graph.Issue:
		_, err = o.Versions()
	}
	return err
}

// results returns the builds and tests of a revision, a checkout or a build. For a
// build, the builds are empty.
func results(o graph.Object) (*graph.Builds, *graph.Tests, error) {
	switch o := o.(type) {
	case *graph.Revision:
		builds, err := o.Builds()
		if err != nil {
			return nil, nil, err
		}
		return builds, builds.Tests(), nil
	case *graph.Checkout:
		builds, err := o.Builds()
		if err != nil {
			return nil, nil, err
		}
		return builds, builds.Tests(), nil
	case *graph.Build:
		return &graph.Builds{}, o.Tests(), nil
	}
	return nil, nil, fmt.Errorf("%s has no tests", o.Ref())
}

// checkouts returns the checkouts of a revision, or the checkout itself.
func checkouts(o graph.Object) ([]*graph.Checkout, error) {
	switch o := o.(type) {
	case *graph.Revision:
		return o.Checkouts()
	case *graph.Checkout:
		return []*graph.Checkout{o}, nil
	}
	return nil, nil
}

// ref is for templates.
func ref(o interface{ Ref() object.Ref }) object.Ref { return o.Ref() }
