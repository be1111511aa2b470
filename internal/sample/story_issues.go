// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// storyIssue is a known issue: the fault that it names, and its versions, oldest
// first.
type storyIssue struct {
	fault, id, origin string
	culprit           report.Culprit
	category          string
	versions          []storyVersion
}

// storyVersion is a version of an issue.
type storyVersion struct {
	age          time.Duration // since it was recorded
	comment      string
	url, subject string // of the discussion
}

// outage is the fault of the jobs that lava-harbour lost.
var outage = storyFault{name: "outage"}

// storyIssues are the known issues.
var storyIssues = []*storyIssue{
	{
		fault: "mwifiex", id: "maestro:mwifiex-lock", origin: "maestro", category: "kernel.test",
		culprit: report.Culprit{Code: new(true), Tool: new(false), Harness: new(false)},
		versions: []storyVersion{
			{age: 11 * day, comment: "WARNING: possible circular locking dependency detected: mwifiex_cfg80211_suspend"},
			{
				age: 8 * day, comment: "WARNING: possible circular locking dependency detected: mwifiex_cfg80211_suspend",
				url:     "https://lore.example.org/all/mwifiex-lock@example.org/",
				subject: "[REGRESSION] next/master: possible circular locking in mwifiex_cfg80211_suspend",
			},
			{
				age: 30 * time.Hour, comment: "Circular locking in mwifiex_cfg80211_suspend; a fix is proposed",
				url:     "https://lore.example.org/all/mwifiex-lock@example.org/",
				subject: "[REGRESSION] next/master: possible circular locking in mwifiex_cfg80211_suspend",
			},
		},
	},
	{
		fault: "console", id: "maestro:ltp-console", origin: "maestro", category: "harness.console",
		culprit: report.Culprit{Code: new(false), Tool: new(true), Harness: new(false)},
		versions: []storyVersion{
			{age: 14 * day, comment: "kirk loses its console after fork14"},
			{
				age: 9 * day, comment: "kirk loses its console after fork14",
				url: "https://tracker.example.org/kirk/61", subject: "No output for 300 s after a test that forks large processes",
			},
		},
	},
	{
		fault: "rt5682", id: "maestro:rt5682-event", origin: "maestro", category: "kernel.test",
		culprit: report.Culprit{Code: new(true)},
		versions: []storyVersion{{
			age: 60 * day, comment: "alsa mixer-test: rt5682 sends no event for the jack's type",
			url: "https://lore.example.org/all/rt5682-event@example.org/", subject: "ASoC: rt5682: no event of Headphone Jack Type",
		}},
	},
	{
		fault: "omap", id: "maestro:omap2-section", origin: "maestro", category: "kernel.build",
		culprit: report.Culprit{Code: new(true), Tool: new(false), Harness: new(false)},
		versions: []storyVersion{{
			age: 40 * day, comment: "arm allmodconfig: section mismatch in omap_hotplug_die",
			url: "https://lore.example.org/all/omap2-section@example.org/", subject: "ARM: omap2: section mismatch with allmodconfig",
		}},
	},
	{
		fault: "outage", id: "maestro:lava-harbour-503", origin: "maestro", category: "infrastructure.lab",
		culprit: report.Culprit{Code: new(false), Tool: new(false), Harness: new(true)},
		versions: []storyVersion{{
			age: outageBegin, comment: "lava-harbour answers 503 Service Unavailable",
			url: "https://tracker.example.org/labs/503", subject: "lava-harbour does not take jobs",
		}},
	},
}

// issueOf returns the issue that names a fault, or nil.
func issueOf(fault string) *storyIssue {
	for _, i := range storyIssues {
		if i.fault == fault {
			return i
		}
	}
	return nil
}

// addIssue adds the versions of an issue.
func (t *teller) addIssue(i *storyIssue) {
	for n, v := range i.versions {
		o := report.Issue{
			ID: i.id, Version: n + 1, Origin: i.origin, Comment: &v.comment,
			Culprit: &i.culprit, Categories: []string{i.category},
			Misc: fmt.Appendf(nil, `{"logspec":{"version":"1.0.0","parser":%q}}`, i.category),
		}
		if v.url != "" {
			o.ReportURL, o.ReportSubject = &v.url, &v.subject
		}
		t.post(t.now.Add(-v.age), &report.Report{Issues: []report.Issue{o}})
	}
}

// addIncident adds an incident of a build or a test if an issue names its fault, which may
// be nil. The incident is found some minutes after the result, and not before the issue is
// known.
func (t *teller) addIncident(f *storyFault, result time.Time, in report.Incident) {
	if f == nil {
		return
	}
	if i := issueOf(f.name); i != nil {
		in.Present, in.Comment = new(true), new("found by its log")
		t.postIncident(i, result, in)
	}
}

// addAbsence adds an incident that is not present: the build was searched for the issue
// of a fault.
func (t *teller) addAbsence(fault string, result time.Time, in report.Incident) {
	in.Present, in.Comment = new(false), new("searched, and not found")
	t.postIncident(issueOf(fault), result, in)
}

// postIncident sends an incident with the version of the issue that is known then. result
// is the time when its build or test arrived.
func (t *teller) postIncident(i *storyIssue, result time.Time, in report.Incident) {
	object := in.TestID
	if object == nil {
		object = in.BuildID
	}
	in.ID = i.origin + ":" + hexWord(24, hash(i.id), hash(*object))
	in.Origin, in.IssueID = i.origin, i.id
	at := result.Add(minutes(2, 9, hash(*object)))
	if known := t.now.Add(-i.versions[0].age); at.Before(known) {
		at = known.Add(time.Minute)
	}
	for n, v := range i.versions {
		if !t.now.Add(-v.age).After(at) {
			in.IssueVersion = n + 1
		}
	}
	t.post(at, &report.Report{Incidents: []report.Incident{in}})
}
