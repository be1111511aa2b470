// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// storyLine is a branch of the stories.
type storyLine struct {
	branch
	id    string        // its name in storyFaults
	depth int           // how much of it is built and tested, see catalogue/story_trees.txt
	count int           // number of its revisions
	age   time.Duration // of its newest revision
	every time.Duration // between revisions
}

// storyRevision is a revision, and its place on its branch.
type storyRevision struct {
	*revision
	line *storyLine
	back int       // number of newer revisions
	next time.Time // when the next revision came
}

// storyLines returns the branches. Stable branches follow the calendar of releases:
// the newest version that is old enough to have all its revisions, and the last long-term
// version before it, which is each sixth version.
func storyLines(now time.Time) []*storyLine {
	newest := int((now.Sub(firstRelease) - 43*day) / cycle)
	longTerm := (newest - 1) / 6 * 6
	fill := strings.NewReplacer("STABLE", version(newest)[1:], "LTS", version(longTerm)[1:], "ANDROID", strconv.Itoa(14+longTerm/6))
	var lines []*storyLine
	for _, words := range table("story_trees.txt") {
		naming, base, _ := strings.Cut(fill.Replace(words[3]), ":")
		l := &storyLine{
			id: words[0], depth: int(number(words[4])), count: int(number(words[5])),
			age: duration(words[6]), every: duration(words[7]),
		}
		l.branch = branch{
			tree: words[1], name: fill.Replace(words[2]), naming: naming, base: base,
			origins: strings.Split(words[8], ","), url: words[9],
		}
		l.key = hash(l.tree + " " + l.name)
		lines = append(lines, l)
	}
	return lines
}

// duration returns the duration that a word represents.
func duration(word string) time.Duration {
	d, err := time.ParseDuration(word)
	if err != nil {
		panic("catalogue: " + err.Error())
	}
	return d
}

// revisionTimes returns when the revisions of the branch came, newest first. linux-next
// comes in the night before each working day, on Fridays at noon, and is shown when it
// is tested.
func (l *storyLine) revisionTimes(now time.Time) []time.Time {
	var times []time.Time
	if l.naming != "next" {
		for i := range l.count {
			times = append(times, now.Add(-l.age-time.Duration(i)*l.every))
		}
		return times
	}
	for night := now.Truncate(day); len(times) < l.count; night = night.Add(-day) {
		at := night.Add(3*time.Hour + minutes(0, 50, l.key, uint64(night.Unix())))
		switch night.Weekday() {
		case time.Saturday, time.Sunday:
			continue
		case time.Friday:
			at = at.Add(8 * time.Hour)
		}
		if now.Sub(at) >= testedAfter {
			times = append(times, at)
		}
	}
	return times
}

// addLine adds the revisions of a branch.
func (t *teller) addLine(l *storyLine) {
	times := l.revisionTimes(t.now)
	tag := ""
	var revisions []storyRevision
	for back, at := range slices.Backward(times) {
		next := t.now
		if back > 0 {
			next = times[back-1]
		}
		rev := &revision{branch: &l.branch, index: l.count - back, key: hashKeys(l.key, uint64(at.Unix())), at: at}
		rev.hash = hexWord(40, rev.key, 1)
		var newTag string
		newTag, rev.name = describe(&l.branch, at, rev)
		if l.naming == "mainline" && tag != "" && newTag != tag {
			rev.name = newTag // the tagged commit
		}
		if tag = newTag; rev.name == tag {
			rev.tags = []string{tag}
		}
		rev.message = t.commitMessage(rev)
		r := storyRevision{rev, l, back, next}
		revisions = append(revisions, r)
		t.addRevision(r)
	}
	if l.id == "net-next" {
		t.addPatches(revisions)
	}
}

// storyPatches are the series of patches on top of net-next.
var storyPatches = []struct {
	age     time.Duration // when it came, before now
	applies bool
	subject string
}{
	{27 * time.Hour, true, "[PATCH net-next v2 0/5] net: stmmac: share the code that reads the hardware's clock"},
	{11 * time.Hour, false, "[PATCH net-next 0/3] tcp: do not hold the accept queue's lock over a callback"},
	{8 * time.Hour, true, "[PATCH net-next 0/4] net: ipv4: drop the unused parameter of fib_select_path()"},
	{4 * time.Hour, true, brokenPatches},
}

// brokenPatches is the subject of the patches that break a test.
const brokenPatches = "[PATCH net-next v3 0/2] tcp: ao: answer with a reset if the key is unknown"

// addPatches adds the series of patches, each on top of the newest revision before it.
// One origin tests them.
func (t *teller) addPatches(revisions []storyRevision) {
	for _, p := range storyPatches {
		at := t.now.Add(-p.age)
		base := revisions[0]
		for _, r := range revisions {
			if r.at.Before(at) {
				base = r
			}
		}
		rev := *base.revision
		rev.at, rev.key = at, hashKeys(rev.key, hash(p.subject))
		rev.patches = &patchset{hash: hexWord(64, rev.key, 2), subject: p.subject, applies: p.applies,
			messageID: at.Format("20060102150405") + ".4711-1-" + address(t.texts["people"][0])}
		for i := range 2 {
			rev.patches.files = append(rev.patches.files, fmt.Sprintf("%04d-%s.patch", i+1, urlWord(t.subject(newDice(rev.key, uint64(i))))))
		}
		line := *base.line
		line.origins = []string{"maestro"}
		t.addRevision(storyRevision{&rev, &line, base.back, t.now})
	}
}

// addRevision makes the origins take up a revision.
func (t *teller) addRevision(r storyRevision) {
	for _, origin := range r.line.origins {
		c := &checkout{rev: r.revision, origin: origin, key: hashKeys(r.key, hash(origin), 11)}
		c.start = r.at.Add(minutes(1, 4, c.key))
		c.id = checkoutID(origin, r.revision, c.start)
		if origin == "redhat" && t.now.Sub(c.start) < silence {
			continue
		}
		o := storyCheckout(c)
		if r.patches != nil && !r.patches.applies {
			o.LogExcerpt = new(t.logs["patch"])
		}
		t.post(c.start.Add(time.Minute), &report.Report{Checkouts: []report.Checkout{o}})
		if *o.Valid {
			t.addCheckout(r, c, o)
		}
	}
}

// silence is how long redhat has sent nothing.
const silence = 26 * time.Hour

// storyCheckout returns a checkout as its origin reports it. Some origins do not name
// trees, and one uses the mirror of a repository.
func storyCheckout(c *checkout) report.Checkout {
	o := c.object()
	switch {
	case c.origin == "syzbot":
		o.TreeName = nil
	case c.origin == "linaro" && c.rev.branch.tree == "mainline":
		o.GitRepositoryURL = new(strings.Replace(c.rev.branch.url, "git.kernel.org", "kernel.googlesource.com", 1))
	}
	return o
}
