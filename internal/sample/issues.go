// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"fmt"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// planIncident plans an incident for the trouble in a build or a test of an
// origin, some time after the result arrived. One origin looks only at its own
// results, another at those of all other origins. Some troubles stay unnoticed,
// and some incidents are withdrawn.
func (w *world) planIncident(t *trouble, origin, buildID, testID string, at time.Time) {
	if percentOf(t.key) >= 80 {
		return
	}
	if origin != "redhat" {
		origin = "maestro"
	}
	d := newDice(t.key, hash(buildID), hash(testID))
	in := report.Incident{
		ID:      origin + ":" + hexWord(40, t.key, hash(buildID), hash(testID)),
		Origin:  origin,
		Present: new(true),
		Comment: new("test incident, found by its log"),
	}
	if buildID != "" {
		in.BuildID, in.Comment = &buildID, new("build incident, found by its log")
	} else {
		in.TestID = &testID
	}
	noticed := at.Add(time.Duration(d.between(2, 80)) * time.Minute)
	w.agenda.add(noticed, func() *report.Report { return w.incident(in, t.issue(w, origin, noticed)) })
	if d.percent(8) {
		back := noticed.Add(time.Duration(d.between(12, 60)) * time.Hour)
		taken := in
		taken.Present = new(false)
		taken.Comment = new("looked at by hand: another problem with a similar log")
		w.agenda.add(back, func() *report.Report { return w.incident(taken, t.issue(w, origin, back)) })
	}
}

// incident returns an incident together with its issue.
func (w *world) incident(in report.Incident, issue report.Issue) *report.Report {
	in.IssueID, in.IssueVersion = issue.ID, issue.Version
	return &report.Report{Issues: []report.Issue{issue}, Incidents: []report.Incident{in}}
}

// issue returns the trouble as an issue of an origin at a time. The first version
// has the log. The second version adds the person who was notified, and the last
// version the person who works on it.
func (t *trouble) issue(w *world, origin string, at time.Time) report.Issue {
	d := newDice(t.key, 1)
	subject := w.subject(d)
	o := report.Issue{
		ID:         origin + ":" + hexWord(40, t.key, hash(origin)),
		Version:    1,
		Origin:     origin,
		Culprit:    &report.Culprit{Code: new(true), Tool: new(false), Harness: new(false)},
		Categories: []string{"kernel.test"},
	}
	headline, _, _ := strings.Cut(t.splat, "\n")
	where := ""
	if t.config != nil {
		o.Categories = []string{"kernel.build"}
		where = " in " + t.config.name + " (" + t.config.arch + ", " + t.config.compiler + ")"
	} else {
		where = " in " + t.suite.path + " on " + t.arch
		headline = strings.ReplaceAll(headline, "CASE", t.suite.cases[t.first].name)
	}
	o.Comment = new(headline + where)
	o.Misc = fmt.Appendf(nil, `{"logspec":{"version":"1.0.0","parser":"%s"}}`, o.Categories[0])
	if at.Sub(t.begin) > time.Duration(d.between(10, 50))*time.Hour {
		o.Version = 2
		o.ReportURL = new("https://lore.example.org/all/" + hexWord(16, t.key) + "@example.org/")
		o.ReportSubject = new("[REGRESSION] " + t.branch.tree + "/" + t.branch.name + ": " + subject)
	}
	if at.Sub(t.begin) > time.Duration(d.between(60, 120))*time.Hour {
		o.Version = 3
		o.Comment = new(*o.Comment + " — " + pick(d, w.texts["people"]) + " is on it")
	}
	return o
}

// planOutageIncident plans an incident that ties a job to the outage of its
// lab.
func (w *world) planOutageIncident(outage uint64, j *job, at time.Time) {
	if outage>>20%10 == 0 {
		return // unnoticed
	}
	origin := j.platform.origin
	i := -1
	if j.suite.plain {
		i = 0
	}
	issue := report.Issue{
		ID:            origin + ":" + hexWord(40, outage),
		Version:       1,
		Origin:        origin,
		Culprit:       &report.Culprit{Code: new(false), Tool: new(false), Harness: new(true)},
		Categories:    []string{"infrastructure.lab"},
		Comment:       new(j.failure.message + " in " + j.platform.lab),
		ReportURL:     new("https://tracker.example.org/labs/" + hexWord(8, outage)),
		ReportSubject: new(j.platform.lab + " does not take jobs"),
	}
	in := report.Incident{
		ID:      origin + ":" + hexWord(40, outage, j.key),
		Origin:  origin,
		TestID:  new(j.testID(i)),
		Present: new(true),
		Comment: new("job lost to an outage"),
	}
	w.agenda.add(at.Add(10*time.Minute), func() *report.Report { return w.incident(in, issue) })
}
