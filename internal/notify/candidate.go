// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// goneAfter is after how long an issue that nothing reports counts as gone.
const goneAfter = 14 * 24 * time.Hour

// candidate is an object as subscriptions see it.
type candidate struct {
	subscription.Input
	now   string
	asked bool // a subscription asked for the status, so the spool must store it
}

// newCandidate returns an object with its status before and now. The statuses are read
// when a subscription first asks for them, once for all subscriptions.
func (c *consideration) newCandidate(o graph.Object, t *effect, before map[object.Ref]spool.Status) *candidate {
	candidate := &candidate{Input: subscription.Input{Object: o, Created: t.created}}
	candidate.Input.Now = memoize(o.Status)
	switch o := o.(type) {
	case *graph.Test:
		candidate.Input.Was = memoize(func() (string, error) { return statusBefore(t, o.Before) })
	case *graph.Build:
		candidate.Input.Was = memoize(func() (string, error) { return statusBefore(t, o.Before) })
	case *graph.Incident:
		candidate.Input.Was = func() (string, error) { return "", nil } // an incident is notified once
	case *graph.Issue, *graph.IssueVersion:
		c.setIssueStatus(candidate, t, before[o.Ref()])
	default:
		last := before[o.Ref()]
		candidate.Input.Now = memoize(func() (status string, err error) {
			candidate.now, err = o.Status()
			candidate.asked = err == nil
			return candidate.now, err
		})
		candidate.Input.Was = func() (string, error) {
			_, err := candidate.Input.Now() // stores the status for the next time
			return last.Status, err
		}
	}
	return candidate
}

// setIssueStatus sets the status of an issue from its newest incident: FAIL if the
// issue was seen, PASS if an incident says that it is absent. An issue that was not
// seen for 14 days was PASS. If asNew is set, all incidents count.
func (c *consideration) setIssueStatus(candidate *candidate, t *effect, last spool.Status) {
	was := last.Status
	if was == string(report.StatusFail) && c.at.Sub(last.At) > goneAfter {
		was = string(report.StatusPass)
	}
	candidate.now, candidate.asked = string(t.seen), t.seen != ""
	candidate.Input.Was = func() (string, error) { return was, nil }
	if c.asNew && !candidate.asked {
		return
	}
	if !candidate.asked {
		candidate.now = was // no incident changed
	}
	candidate.Input.Now = func() (string, error) { return candidate.now, nil }
}

// statusBefore returns the last conclusive status before the change: that of the
// object, or that of the last similar object. If neither is conclusive, it returns the
// status of the object, or for a new object that of the last similar object.
func statusBefore(t *effect, before func() (report.Status, error)) (string, error) {
	own := t.changed && !t.created
	if own && facts.IsConclusive(t.was) {
		return string(t.was), nil
	}
	status, err := before()
	if own && !facts.IsConclusive(status) {
		status = t.was
	}
	return string(status), err
}

// memoize returns a function that calls f once, and then returns the same results.
func memoize(f func() (string, error)) func() (string, error) {
	var status string
	var err error
	asked := false
	return func() (string, error) {
		if !asked {
			status, err = f()
			asked = true
		}
		return status, err
	}
}
