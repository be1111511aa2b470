// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// line is the state of a branch at the current time.
type line struct {
	*branch
	index    int       // of the next revision
	tag      string    // the latest tag on the branch
	at       time.Time // of the latest revision
	head     *revision // the latest revision without patches
	troubles []*trouble
}

// revision is a state of a branch that is tested.
type revision struct {
	branch   *branch
	index    int
	key      uint64
	at       time.Time
	hash     string
	name     string // as "git describe" prints it
	tags     []string
	message  string
	patches  *patchset  // nil without patches
	troubles []*trouble // the troubles present in it
}

// patchset is a series of patches on top of a revision.
type patchset struct {
	hash      string
	messageID string
	subject   string
	files     []string
	applies   bool
}

// nextRevision advances the time until a branch has a new revision.
func (w *world) nextRevision() *revision {
	w.now = w.now.Add(time.Duration(w.dice.between(15, 200)) * time.Minute)
	l := w.pickLine()
	if l.patches && l.head != nil && w.dice.percent(65) {
		return w.patched(l)
	}
	key := hashKeys(w.seed, l.key, uint64(l.index))
	rev := &revision{branch: l.branch, index: l.index, key: key, at: w.now, hash: hexWord(40, key, 1)}
	var tag string
	tag, rev.name = describe(l.branch, w.now, rev)
	if rev.name == tag {
		rev.tags = []string{tag}
	} else if l.tag != "" && tag != l.tag {
		rev.name, rev.tags = tag, []string{tag} // the tagged commit
	}
	rev.message = w.commitMessage(rev)
	w.updateTroubles(l, rev)
	l.index, l.tag, l.at, l.head = l.index+1, tag, w.now, rev
	return rev
}

// pickLine chooses the branch of the next revision. linux-next and the stable
// trees have at most one a day.
func (w *world) pickLine() *line {
	total := 0
	for _, l := range w.lines {
		total += l.weight
	}
	for {
		n := w.dice.intn(total)
		i := slices.IndexFunc(w.lines, func(l *line) bool { n -= l.weight; return n < 0 })
		l := w.lines[i]
		daily := l.naming == "next" || strings.HasPrefix(l.naming, "stable")
		if !daily || l.at.YearDay() != w.now.YearDay() {
			return l
		}
	}
}

// patched returns the head of the line with patches from a mailing list on top.
func (w *world) patched(l *line) *revision {
	rev := *l.head
	rev.at = w.now
	rev.key = hashKeys(rev.key, uint64(w.now.Unix()))
	d := newDice(rev.key)
	p := &patchset{
		hash:      hexWord(64, rev.key, 2),
		messageID: fmt.Sprintf("%s.%d-1-%s", w.now.Format("20060102150405"), d.intn(100000), address(pick(d, w.texts["people"]))),
		subject:   w.subject(d),
		applies:   !d.percent(20),
	}
	for i := range d.skewed(12) {
		p.files = append(p.files, fmt.Sprintf("%04d-%s.patch", i+1, urlWord(w.subject(d))))
	}
	rev.patches = p
	return &rev
}

// firstRelease is when 6.0 was released. The calendar has a release every nine
// weeks, which stays close enough to the real calendar for years.
var firstRelease = time.Date(2022, 10, 23, 21, 0, 0, 0, time.UTC)

const (
	day   = 24 * time.Hour
	cycle = 63 * day
)

// mainlineTag returns the latest tag of mainline at a time, and the time of
// the tag. The candidates start two weeks after a release, one each week.
func mainlineTag(t time.Time) (string, time.Time) {
	age := max(t.Sub(firstRelease), 0)
	n := int(age / cycle)
	release := firstRelease.Add(time.Duration(n) * cycle)
	week := int(t.Sub(release) / (7 * day))
	if week < 2 {
		return version(n), release
	}
	return fmt.Sprintf("%s-rc%d", version(n+1), week-1), release.Add(time.Duration(week) * 7 * day)
}

// version returns the name of the nth release after 6.0; x.19 is followed by
// (x+1).0.
func version(n int) string { return fmt.Sprintf("v%d.%d", 6+n/20, n%20) }

// released returns when a version, "6.12", was released.
func released(version string) time.Time {
	major, minor, _ := strings.Cut(version, ".")
	return firstRelease.Add(time.Duration((number(major)-6)*20+number(minor)) * cycle)
}

// describe returns the latest tag of the branch, and the output of "git describe"
// for the revision.
func describe(b *branch, t time.Time, rev *revision) (tag, name string) {
	// Revisions are at least this far apart, so that two revisions never count the
	// same commits.
	quarters := func(since time.Time) int { return 1 + int(t.Sub(since)/(15*time.Minute)) }
	commits := func(tag string, n int) string { return fmt.Sprintf("%s-%d-g%s", tag, n, rev.hash[:12]) }
	tag, since := mainlineTag(t)
	switch b.naming {
	case "mainline":
		if strings.Contains(tag, "-rc") {
			return tag, commits(tag, quarters(since))
		}
		return tag, commits(tag, quarters(since)*8) // the merge window
	case "next":
		name := "next-" + t.Format("20060102")
		return name, name
	case "review": // two candidates a week
		halves := int(t.Sub(released(b.base)) / (7 * day / 2))
		name := fmt.Sprintf("v%s.%d-rc%d", b.base, 1+halves/2, 1+halves%2)
		return name, name
	case "stable", "stable-rc", "android":
		since := released(b.base)
		patch := int(t.Sub(since) / (7 * day))
		since = since.Add(time.Duration(patch) * 7 * day)
		switch b.naming {
		case "stable":
			name := fmt.Sprintf("v%s.%d", b.base, patch)
			return name, name
		case "stable-rc":
			name := fmt.Sprintf("v%s.%d", b.base, patch)
			return name, commits(name, quarters(since))
		}
		name := fmt.Sprintf("%s.%d_r00", b.name, patch)
		return name, commits(name, quarters(since))
	}
	// Trees of subsystems start from an early candidate and add commits to it.
	base, since := mainlineTag(t.Add(-cycle / 3))
	return base, commits(base, quarters(since))
}

// commitMessage returns the message of the revision's commit.
func (w *world) commitMessage(rev *revision) string {
	if len(rev.tags) > 0 && rev.branch.naming != "next" {
		return "Linux " + strings.TrimPrefix(rev.tags[0], "v") + "\n"
	}
	d := newDice(rev.key, 2)
	person := pick(d, w.texts["people"])
	if rev.branch.naming == "mainline" {
		area, _, _ := strings.Cut(pick(d, w.texts["areas"]), ":")
		return fmt.Sprintf("Merge tag '%s-fixes-%s' of git://git.example.org/linux\n\nPull %s fixes from %s.\n",
			urlWord(area), rev.at.Format("2006-01-02"), area, person)
	}
	return fmt.Sprintf("%s\n\nFound while testing revision %d of the board.\n\nSigned-off-by: %s\n", w.subject(d), d.intn(9), person)
}

// subject returns the subject of a change.
func (w *world) subject(d *dice) string {
	return pick(d, w.texts["areas"]) + ": " + pick(d, w.texts["changes"])
}

// address returns the e-mail address of a person.
func address(person string) string {
	_, rest, _ := strings.Cut(person, "<")
	return strings.TrimSuffix(rest, ">")
}

// hexWord returns n hexadecimal digits that depend on the keys.
func hexWord(n int, keys ...uint64) string {
	word := make([]byte, 0, n+16)
	for sum := hashKeys(keys...); len(word) < n; sum = hashKeys(sum) {
		word = appendHex(word, sum)
	}
	return string(word[:n])
}

// appendHex appends 16 hexadecimal digits.
func appendHex(dst []byte, x uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[x>>shift&15])
	}
	return dst
}

// appendNumber appends a number in decimal digits.
func appendNumber(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }
