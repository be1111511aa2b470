// SPDX-License-Identifier: Apache-2.0

// Package describe says in words what an object is and how it went. Mails, pages
// and commands use the same words.
//
// A text begins with the verdict, for it is read on phones. Then it says what was
// tested, what failed, what of that is known, and where to see more. Lines have 72
// characters at most, except for what reports bring: URLs and logs.
//
// Whatever reports have in them, texts are bounded, and no character in them does
// anything but show.
package describe

import (
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/object"
)

// Data is what templates get a pointer to: an object, and why somebody is told of
// it. Without the latter it is a plain description. Its methods read what they
// need when they are called.
type Data struct {
	Object       graph.Object
	Subscription string // name of the subscription
	About        string // what the subscription is for, in the words of its owner
	Reason       string // why it tells of the object
	Was, Now     string // the object's status before, and now, where these are known
	Base         string // public URL of this service; "" for none, and no links then
	Stop         string // how to get no more of these: a URL, or words

	found *graph.Findings
}

// Type returns the type of the object, as in patterns.
func (d *Data) Type() string { return string(d.Object.Ref().Type) }

// Link returns the URL of the object's page.
func (d *Data) Link() string { return pageurl.Of(d.Base, d.Object.Ref()) }

// Summary says in one line, of 256 characters at most, what an object is and how
// it went.
func Summary(o graph.Object) (string, error) { return execute("summary", &Data{Object: o}) }

// Description says what an object is, how it went, and what is known about that.
// The base is the public URL of this service, "" for a text without links to it.
func Description(o graph.Object, base string) (string, error) {
	return execute("description", &Data{Object: o, Base: base})
}

// Footer says why somebody is told of an object, and how to stop it.
func Footer(d *Data) (string, error) { return execute("footer", d) }

// execute executes one of our own templates.
func execute(name string, d *Data) (string, error) {
	if err := readable(d.Object); err != nil {
		return "", err
	}
	var b strings.Builder
	if err := ours.ExecuteTemplate(&b, name, d); err != nil {
		return "", fmt.Errorf("describe %s: %w", d.Object.Ref(), err)
	}
	return b.String(), nil
}

// readable returns why an object cannot be read, if so: what cannot be read is
// not known either, but to say so would be wrong.
func readable(o graph.Object) (err error) {
	switch o := o.(type) {
	case *graph.Revision:
		_, err = o.Checkouts()
	case *graph.Issue:
		_, err = o.Versions()
	}
	return err
}

// results returns the builds that an object stands for, and whether it stands for
// any: a revision, a checkout or a build.
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
	return nil, nil, fmt.Errorf("%s stands for no tests", o.Ref())
}

// checkouts returns the checkouts of a revision, or the one that is the object.
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
