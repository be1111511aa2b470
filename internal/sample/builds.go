// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// build is a build of a checkout with one configuration.
type build struct {
	checkout *checkout
	rev      *revision
	config   *config
	id       string
	key      uint64
	start    time.Time
	millis   int // how long it takes
	status   report.Status
	trouble  *trouble // the reason for its failure, or nil
}

// startBuild starts a build, and plans its end and the jobs that follow.
func (w *world) startBuild(c *checkout, p planned, start time.Time) *report.Report {
	b := &build{checkout: c, rev: c.rev, config: p.config, start: start, key: hashKeys(c.key, p.config.key)}
	d := newDice(b.key)
	b.id = b.newID()
	b.millis = d.between(80_000, 600_000) + d.skewed(4_000_000)
	b.trouble = c.rev.breaksBuild(p.config)
	switch {
	case b.trouble != nil || percentOf(p.config.key, c.rev.branch.key) < 2:
		b.status = report.StatusFail
	case d.intn(300) == 0:
		b.status = report.StatusError
	default:
		b.status = report.StatusPass
	}
	end := start.Add(time.Duration(b.millis) * time.Millisecond)
	b.plan(w, d, p.jobs, end)
	if c.origin != "linaro" && d.percent(15) {
		return &report.Report{Builds: []report.Build{b.object(w, false)}} // only that it has started
	}
	return nil
}

// plan puts the events after a build, which ends at the given time, on the
// agenda.
func (b *build) plan(w *world, d *dice, jobs []jobPlan, end time.Time) {
	arrives := end.Add(time.Duration(d.between(5, 900)) * time.Second)
	switch luck := d.intn(1000); {
	case luck < 8:
		arrives = time.Time{} // never
	case luck < 50:
		arrives = arrives.Add(time.Duration(d.between(5, 18)) * time.Hour) // after its tests
	}
	if !arrives.IsZero() {
		along := b.checkout.origin == "linaro" || d.percent(2) // its checkout is sent again
		w.agenda.add(arrives, func() *report.Report {
			r := &report.Report{Builds: []report.Build{b.object(w, true)}}
			if along {
				r.Checkouts = []report.Checkout{b.checkout.object()}
			}
			return r
		})
		if b.trouble != nil {
			w.planIncident(b.trouble, b.checkout.origin, b.id, "", arrives)
		}
	}
	if b.status != report.StatusPass {
		return
	}
	if b.checkout.origin == "linaro" && len(jobs) > 1 && d.percent(10) {
		at := end.Add(time.Duration(d.between(4, 9)) * time.Hour)
		w.agenda.add(at, func() *report.Report { return w.allJobs(b, jobs, at) })
		return
	}
	for _, job := range jobs {
		if !d.percent(93) {
			continue
		}
		begin := end.Add(time.Duration(d.between(12, 420))*time.Minute + time.Duration(d.intn(1000))*time.Millisecond)
		w.agenda.add(begin, func() *report.Report { return w.startJob(b, job, begin) })
	}
}

// object returns the build as it is reported, with its outcome if it is done.
func (b *build) object(w *world, done bool) report.Build {
	o := report.Build{
		ID:           b.id,
		Origin:       b.checkout.origin,
		CheckoutID:   b.checkout.id,
		StartTime:    &b.start,
		Architecture: &b.config.arch,
		ConfigName:   &b.config.name,
		Compiler:     &b.config.compiler,
	}
	files := b.files()
	if b.checkout.origin == "maestro" {
		o.Comment = &b.rev.name
		o.Misc = fmt.Appendf(nil, `{"platform":"kubernetes","runtime":"k8s-all","lab":"k8s-all","job_id":"kbuild-%s-%s","maestro_viewer":"https://viewer.example.org/node/%s"}`,
			hexWord(12, b.key, 1), hexWord(5, b.key, 2), b.id[len("maestro:"):])
	}
	if !done {
		return o
	}
	o.ConfigURL, o.LogURL = new(files+"/.config"), new(files+"/build.log")
	switch b.checkout.origin {
	case "linaro": // sends no outcome of builds that succeeded
		if b.status == report.StatusPass {
			return o
		}
	case "redhat":
		o.Command = new("make -j16 INSTALL_MOD_STRIP=1 targz-pkg")
		o.Comment = new("CKI build of " + b.rev.branch.tree)
		o.InputFiles = []report.Resource{{Name: "sources.tar.xz", URL: files + "/sources.tar.xz"}}
	case "microsoft":
		o.InputFiles = []report.Resource{}
	}
	o.Status = &b.status
	o.Duration = new(float64(b.millis) / 1000)
	o.OutputFiles = []report.Resource{
		{Name: "metadata", URL: files + "/metadata.json"},
		{Name: "build_kimage_stderr_log", URL: files + "/build_kimage_stderr.log.gz"},
	}
	switch {
	case b.trouble != nil:
		o.LogExcerpt = &b.trouble.splat
	case b.status == report.StatusFail:
		o.LogExcerpt = &w.texts["builds"][b.config.key%uint64(len(w.texts["builds"]))]
	case b.status == report.StatusPass:
		o.LogExcerpt = &w.texts["good_builds"][b.config.key%uint64(len(w.texts["good_builds"]))]
		o.OutputFiles = append(o.OutputFiles,
			report.Resource{Name: "kernel", URL: files + "/" + kernelFile(b.config.arch)},
			report.Resource{Name: "modules", URL: files + "/modules.tar.xz"},
			report.Resource{Name: "vmlinux", URL: files + "/vmlinux.xz"})
	}
	return o
}

// files returns the URL of the folder with the build's files.
func (b *build) files() string {
	return "https://files.example.org/" + b.config.fileName + "-" + urlWord(b.id)
}

// kernelFile returns the name of the kernel's image on an architecture.
func kernelFile(arch string) string {
	switch arch {
	case "arm64", "aarch64", "riscv":
		return "Image"
	case "arm":
		return "zImage"
	case "x86_64", "i386", "s390x":
		return "bzImage"
	}
	return "vmlinux"
}
