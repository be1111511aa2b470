// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// trouble is a fault in a branch's code, from one revision until a later revision
// fixes it. It breaks a build, or some tests of a suite.
type trouble struct {
	key         uint64
	branch      *branch
	until       int       // index of the revision that fixes it
	begin       time.Time // when its first revision appeared
	config      *config   // the build that fails; nil for tests
	suite       *suite
	first, last int       // the cases that fail
	platform    *platform // nil: all platforms of the architecture
	arch        string
	splat       string // the log output
}

// updateTroubles ends the troubles that the revision fixes, may begin a new one, and
// gives the revision the present troubles.
func (w *world) updateTroubles(l *line, rev *revision) {
	l.troubles = slices.DeleteFunc(slices.Clone(l.troubles), func(t *trouble) bool { return t.until <= rev.index })
	d := newDice(rev.key, 3)
	// The second revision of mainline always begins a trouble, so that even
	// the shortest history has a regression.
	if rev.index > 0 && d.percent(55) || l.naming == "mainline" && rev.index == 1 {
		t := w.newTrouble(d, l.branch)
		t.key, t.branch, t.begin = hashKeys(rev.key, 4), l.branch, rev.at
		t.until = rev.index + d.between(2, 9)
		l.troubles = append(l.troubles, t)
	}
	rev.troubles = l.troubles
}

// newTrouble returns a trouble in a build or suite that the first origin of
// the branch runs.
func (w *world) newTrouble(d *dice, b *branch) *trouble {
	p := w.plan(b, b.origins[0])
	tested := slices.DeleteFunc(slices.Clone(p), func(p planned) bool { return len(p.jobs) == 0 })
	if len(tested) == 0 || d.percent(25) {
		return &trouble{config: pick(d, p).config, splat: pick(d, w.texts["builds"])}
	}
	job := pick(d, pick(d, tested).jobs)
	t := &trouble{suite: job.suite, arch: job.platform.arch, splat: pick(d, w.texts["splats"])}
	t.first = d.intn(len(job.suite.cases))
	t.last = min(t.first+d.skewed(12)-1, len(job.suite.cases)-1)
	if job.suite.isBoot || d.percent(50) {
		t.platform = job.platform
	}
	return t
}

// breaksBuild returns the trouble that makes a build with a configuration fail, or
// nil.
func (rev *revision) breaksBuild(c *config) *trouble {
	for _, t := range rev.troubles {
		if t.config != nil && t.config.arch == c.arch && t.config.name == c.name && t.config.compiler == c.compiler {
			return t
		}
	}
	return nil
}

// breaksTest returns the trouble that makes a case fail on a platform, or nil.
func (rev *revision) breaksTest(s *suite, i int, p *platform) *trouble {
	for _, t := range rev.troubles {
		if t.suite == s && t.first <= i && i <= t.last && t.arch == p.arch && (t.platform == nil || t.platform == p) {
			return t
		}
	}
	return nil
}

// outage returns a key for the outage of the platform or its whole lab at the
// time, and false if there is no outage.
func (w *world) outage(p *platform, t time.Time) (key uint64, out bool) {
	if since := t.Sub(w.began); p.lab == w.firstOut && since > 5*time.Hour && since < 13*time.Hour {
		return hashKeys(w.seed, hash(p.lab)), true
	}
	for _, part := range []struct {
		key  uint64
		odds uint64 // one day in this many
	}{{hash(p.origin + " " + p.lab), 12}, {p.key, 15}} {
		today := t.Truncate(day)
		key := hashKeys(w.seed, part.key, uint64(today.Unix()), 5)
		begin := time.Duration(key>>8%16) * time.Hour
		length := time.Duration(2+key>>16%7) * time.Hour
		if since := t.Sub(today); key%part.odds == 0 && since >= begin && since < begin+length {
			return key, true
		}
	}
	return 0, false
}

// verdict returns the outcome of the ith case of a job, and the trouble that
// caused it, or nil. The outcome depends only on the job and the case, so that
// each call returns the same.
func (j *job) verdict(i int) (report.Status, *trouble) {
	c, s, p := &j.suite.cases[i], j.suite, j.platform
	if t := j.build.rev.breaksTest(s, i, p); t != nil {
		return report.StatusFail, t
	}
	if s.status != "" {
		return s.status, nil
	}
	luck := hashKeys(j.key, uint64(i))
	if luck%3000 == 0 {
		return report.StatusError, nil
	}
	trait := hashKeys(c.key, p.key)
	switch flaw := trait >> 20 % 1000; {
	case s.number != nil:
	case s.plain && flaw < 60 || flaw < 8: // flaky on this platform
		if luck>>20%100 < 4+trait>>40%30 {
			return report.StatusFail, nil
		}
	case s.plain:
	case flaw < 45: // has always failed on this platform
		return report.StatusFail, nil
	case trait%1000 < 110, hashKeys(c.key, hash(p.arch))%1000 < 70:
		return report.StatusSkip, nil
	}
	return report.StatusPass, nil
}
