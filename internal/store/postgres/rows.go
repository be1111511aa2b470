// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/lists"
	"github.com/kcidb-go/kcidb/report"
)

// From objects to rows, whose values are in the order of the tables' columns.

func (e *encoder) checkout(o *report.Checkout) store.Key {
	e.object(22, o.Timestamp)
	e.required(o.ID)
	e.required(o.Origin)
	optional(e, o.TreeName)
	optional(e, o.GitRepositoryURL)
	optional(e, o.GitCommitHash)
	optional(e, o.GitCommitName)
	e.array(o.GitCommitTags)
	optional(e, o.GitCommitMessage)
	optional(e, o.GitRepositoryBranch)
	e.boolean(o.GitRepositoryBranchTip)
	e.resources(o.PatchsetFiles)
	optional(e, o.PatchsetHash)
	optional(e, o.MessageID)
	optional(e, o.Comment)
	e.time(o.StartTime)
	e.time(o.OriginBuildsFinishTime)
	e.time(o.OriginTestsFinishTime)
	optional(e, o.LogURL)
	optional(e, o.LogExcerpt)
	e.boolean(o.Valid)
	e.misc(o.Misc)
	return store.Key{ID: o.ID}
}

func (e *encoder) build(o *report.Build) store.Key {
	e.object(18, o.Timestamp)
	e.required(o.ID)
	e.required(o.Origin)
	e.required(o.CheckoutID)
	optional(e, o.Comment)
	e.time(o.StartTime)
	e.float(o.Duration)
	optional(e, o.Architecture)
	optional(e, o.Command)
	optional(e, o.Compiler)
	e.resources(o.InputFiles)
	e.resources(o.OutputFiles)
	optional(e, o.ConfigName)
	optional(e, o.ConfigURL)
	optional(e, o.LogURL)
	optional(e, o.LogExcerpt)
	optional(e, o.Status)
	e.misc(o.Misc)
	return store.Key{ID: o.ID}
}

func (e *encoder) test(o *report.Test) store.Key {
	e.object(20, o.Timestamp)
	e.required(o.ID)
	e.required(o.Origin)
	e.required(o.BuildID)
	environment := o.Environment
	if environment == nil {
		environment = &report.Environment{}
	}
	optional(e, environment.Comment)
	if environment.Compatible == nil {
		e.null()
	} else {
		e.environment(string(lists.AppendStrings(nil, environment.Compatible)))
	}
	if environment.Misc == nil {
		e.null()
	} else {
		e.environment(markedMisc(environment.Misc))
	}
	optional(e, o.Path)
	optional(e, o.Comment)
	e.content(o.LogURL)
	e.excerpt(o.LogExcerpt)
	optional(e, o.Status)
	if n := o.Number; n == nil {
		e.null()
		e.null()
		e.null()
	} else {
		e.float(&n.Value)
		optional(e, n.Unit)
		optional(e, n.Prefix)
	}
	e.time(o.StartTime)
	e.float(o.Duration)
	e.files(o.InputFiles)
	e.files(o.OutputFiles)
	e.marked(o.Misc)
	return store.Key{ID: o.ID}
}

func (e *encoder) issue(o *report.Issue) store.Key {
	e.object(12, o.Timestamp)
	e.required(o.ID)
	e.integer(o.Version)
	e.required(o.Origin)
	optional(e, o.ReportURL)
	optional(e, o.ReportSubject)
	culprit := o.Culprit
	if culprit == nil {
		culprit = &report.Culprit{}
	}
	e.boolean(culprit.Code)
	e.boolean(culprit.Tool)
	e.boolean(culprit.Harness)
	e.array(o.Categories)
	optional(e, o.Comment)
	e.misc(o.Misc)
	return store.Key{ID: o.ID, Version: o.Version}
}

func (e *encoder) incident(o *report.Incident) store.Key {
	e.object(10, o.Timestamp)
	e.required(o.ID)
	e.required(o.Origin)
	e.required(o.IssueID)
	e.integer(o.IssueVersion)
	optional(e, o.BuildID)
	optional(e, o.TestID)
	e.boolean(o.Present)
	optional(e, o.Comment)
	e.misc(o.Misc)
	return store.Key{ID: o.ID}
}

// resources writes files into a column of type jsonb.
func (e *encoder) resources(list []report.Resource) {
	if list == nil {
		e.null()
		return
	}
	e.jsonb(lists.AppendResources(nil, list))
}

// content writes which content a text is.
func (e *encoder) content(text *string) {
	if text == nil {
		e.null()
		return
	}
	e.reference(*text)
}

// The kinds of values of log_excerpt in test_rows, by their first byte.
const (
	longExcerpt  = 0 // the hash of a content follows
	shortExcerpt = 1 // the text follows
)

// shortLength is how long an excerpt is at most that is not a content of its
// own. Of the real submissions of a week none that short came twice: they are
// lines of a log, with the time.
const shortLength = 255

// excerpt writes a text, or which content it is where it is long.
func (e *encoder) excerpt(text *string) {
	switch {
	case text == nil:
		e.null()
	case len(*text) <= shortLength:
		e.length(1 + len(*text))
		e.b = append(append(e.b, shortExcerpt), *text...)
	default:
		h := e.contents.add(*text)
		e.length(1 + len(h))
		e.b = append(append(e.b, longExcerpt), h[:]...)
	}
}

// files writes which content a list of files is.
func (e *encoder) files(list []report.Resource) {
	if list == nil {
		e.null()
		return
	}
	e.reference(string(lists.AppendResources(nil, list)))
}
