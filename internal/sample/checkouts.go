// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// checkout is an origin's checkout of a revision.
type checkout struct {
	rev    *revision
	origin string
	id     string
	start  time.Time
	key    uint64
}

// takeUp makes an origin check the revision out, and plans its builds.
func (w *world) takeUp(rev *revision, origin string) {
	key := hashKeys(rev.key, hash(origin), 11)
	d := newDice(key)
	c := &checkout{rev: rev, origin: origin, key: key}
	c.start = rev.at.Add(time.Duration(d.between(60, 4000))*time.Second + time.Duration(d.intn(1000))*time.Millisecond)
	c.id = checkoutID(origin, rev, c.start)

	arrives := c.start.Add(time.Duration(d.between(1, 8)) * time.Minute)
	if d.percent(6) {
		arrives = arrives.Add(time.Duration(d.between(2, 14)) * time.Hour) // after its builds and tests
	}
	w.agenda.add(arrives, func() *report.Report {
		return &report.Report{Checkouts: []report.Checkout{c.object()}}
	})
	if rev.patches != nil && !rev.patches.applies {
		return
	}
	for _, planned := range w.plan(rev.branch, origin) {
		if len(planned.jobs) > 0 && !d.percent(4) || d.percent(80) {
			begin := c.start.Add(time.Duration(d.between(9, 240))*time.Minute + time.Duration(d.intn(1000))*time.Millisecond)
			w.agenda.add(begin, func() *report.Report { return w.startBuild(c, planned, begin) })
		}
	}
	if origin == "redhat" || origin == "maestro" && d.percent(30) {
		end := c.start.Add(time.Duration(d.between(26, 40)) * time.Hour)
		w.agenda.add(end, func() *report.Report { return c.finished(end) })
	}
}

// finished returns the checkout again, with the times when its builds and
// tests were done.
func (c *checkout) finished(at time.Time) *report.Report {
	o := c.object()
	o.OriginBuildsFinishTime = new(c.start.Add(6 * time.Hour))
	o.OriginTestsFinishTime = new(at.Truncate(time.Second))
	return &report.Report{Checkouts: []report.Checkout{o}}
}

// object returns the checkout as it is reported.
func (c *checkout) object() report.Checkout {
	rev := c.rev
	o := report.Checkout{
		ID:                     c.id,
		Origin:                 c.origin,
		GitRepositoryURL:       &rev.branch.url,
		GitCommitHash:          &rev.hash,
		GitCommitName:          &rev.name,
		GitRepositoryBranch:    &rev.branch.name,
		GitRepositoryBranchTip: new(true),
		StartTime:              &c.start,
		Valid:                  new(true),
		PatchsetHash:           new(""),
	}
	if c.origin != "linaro" {
		o.TreeName = &rev.branch.tree
	}
	switch c.origin {
	case "maestro":
		o.GitCommitTags = append([]string{}, rev.tags...)
		o.GitCommitMessage = &rev.message
		o.Misc = []byte(`{"submitted_by":"pipeline"}`)
	case "redhat":
		subject, _, _ := strings.Cut(rev.message, "\n")
		o.Comment = &subject
		o.GitRepositoryBranchTip = nil
		o.Misc = fmt.Appendf(nil, `{"iid":%d,"kernel_version":"%s","scratch":false,"provenance":[{"function":"coordinator","service_name":"gitlab","url":"https://gitlab.example.org/pipelines/%s"}]}`,
			c.key%900_000, strings.TrimPrefix(rev.name, "v"), c.id[len("redhat:"):])
	}
	if rev.patches != nil {
		c.addPatches(&o, rev.patches)
	}
	return o
}

// addPatches adds the patches to a checkout.
func (c *checkout) addPatches(o *report.Checkout, p *patchset) {
	o.PatchsetHash, o.MessageID, o.Comment = &p.hash, &p.messageID, &p.subject
	for _, name := range p.files {
		url := "https://lore.example.org/patches/" + p.messageID + "/" + name
		o.PatchsetFiles = append(o.PatchsetFiles, report.Resource{Name: name, URL: url})
	}
	if !p.applies {
		o.Valid = new(false)
		o.LogURL = new("https://files.example.org/" + c.origin + "/" + c.id[len(c.origin)+1:] + "/merge.log")
		o.LogExcerpt = new("Applying: " + p.subject + "\nerror: patch failed: " + slices.Max(p.files) +
			":214\nerror: patch does not apply\nPatch failed at 0001 " + p.subject + "\n")
	}
}
