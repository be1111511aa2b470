// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/boards"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// bootState says how the newest boots of the board went, branch by branch.
type bootState struct{ works, broken, spoilt []*boards.Row }

func (b *board) boots() (s bootState) {
	for _, r := range b.Rows {
		switch counts := r.Boots(); {
		case counts.Total() == 0:
		case counts[verdict.OK]+counts[verdict.Fixed] > 0:
			s.works = append(s.works, r)
		case counts[verdict.New]+counts[verdict.Still]+counts[verdict.Known]+counts[verdict.Flaky] > 0:
			s.broken = append(s.broken, r)
		default:
			s.spoilt = append(s.spoilt, r)
		}
	}
	return s
}

// Verdict is the worst verdict of the newest results.
func (b *board) Verdict() verdict.Kind {
	all := make(verdict.Counts)
	for _, r := range b.Rows {
		all.Add(r.Counts())
	}
	delete(all, verdict.Fixed)
	worst := all.Overall()
	switch {
	case worst == "":
		return shell.Wait
	case worst == verdict.Lab && all[verdict.OK] > 0:
		return verdict.OK
	}
	return worst
}

// Mark returns the words of the mark.
func (b *board) Mark() string {
	k := b.Verdict()
	causes := 0
	for _, f := range b.Fails {
		if f.Verdict == k {
			causes++
		}
	}
	switch {
	case k == shell.Wait:
		return "NOT RUN"
	case causes > 0:
		return fmt.Sprintf("%d %s", causes, k.Word())
	}
	return k.Word()
}

// Sentence names the branches on which the board boots, or does not boot.
func (b *board) Sentence() string {
	boots := b.boots()
	switch {
	case len(b.Rows) == 0 && b.Filtered():
		return "No test on this board meets the filter."
	case len(b.Rows) == 0:
		return fmt.Sprintf("Not tested in %s. It was tested last on %s.", b.InDays(), shell.Day(b.Now, b.Seen()))
	case len(boots.broken) > 0:
		return b.brokenSentence(boots)
	}
	text := b.worksSentence(boots)
	if n := b.causes(verdict.New); n > 0 {
		return text + " " + b.newSentence(n)
	}
	if left := b.leftovers(); left != "" {
		return text + " Nothing new fails: " + left + "."
	}
	return text + " Nothing fails."
}

// brokenSentence says where the board does not boot.
func (b *board) brokenSentence(boots bootState) string {
	text := "Does not boot " + branches(boots.broken)
	for _, k := range []verdict.Kind{verdict.New, verdict.Still, verdict.Known, verdict.Flaky} {
		all := b.failing(k, rollup.Boots)
		if len(all) == 0 {
			continue
		}
		if since := all[0].SinceText(); since != "" {
			text += " " + since
		}
		if why := all[0].Why(); why != "" {
			text = verdict.Short(text + " (" + shell.Line(why) + ")")
		}
		break
	}
	text += "."
	switch n := len(boots.works); {
	case n > 0:
		text += " It boots on " + shell.Plural(int64(n), "other branch") + "."
	case len(boots.spoilt) == 0:
		text += " No other branch booted it in " + b.InDays() + "."
	}
	return text + lost(boots.spoilt)
}

// worksSentence says where the board boots.
func (b *board) worksSentence(boots bootState) string {
	switch n := len(boots.works); {
	case n == 0 && len(boots.spoilt) == 0:
		return "No boot was reported, only other tests."
	case n == 0:
		return "Nothing is known of its boots:" + strings.TrimSuffix(lost(boots.spoilt), ".") + "."
	case n == 1:
		return "Boots " + branches(boots.works) + "." + lost(boots.spoilt)
	default:
		return fmt.Sprintf("Boots on all %d branches that were tested.", n) + lost(boots.spoilt)
	}
}

// lost says where labs lost the boots.
func lost(rows []*boards.Row) string {
	if len(rows) == 0 {
		return ""
	}
	return " A lab lost its boots " + branches(rows) + "."
}

// newSentence names the new failures.
func (b *board) newSentence(n int) string {
	var paths []string
	var where []*boards.Row
	for _, f := range b.Fails {
		if f.Verdict == verdict.New {
			paths = append(paths, f.Path)
		}
	}
	for _, r := range b.Rows {
		if r.Counts()[verdict.New] > 0 {
			where = append(where, r)
		}
	}
	return verdict.Short(fmt.Sprintf("%s %s: %s", shell.Plural(int64(n), "new failure"), branches(where), shell.Names(paths))) + "."
}

// causes returns the number of causes with a verdict.
func (b *board) causes(k verdict.Kind) (n int) {
	for _, f := range b.Fails {
		if f.Verdict == k {
			n++
		}
	}
	return n
}

// leftovers returns the numbers of causes that are not new, "" for none.
func (b *board) leftovers() string {
	var parts []string
	for _, k := range []verdict.Kind{verdict.Still, verdict.Flaky, verdict.Known} {
		if n := b.causes(k); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k.Phrase()))
		}
	}
	return strings.Join(parts, ", ")
}

// branches names the branches of rows: "on next master, mainline master and 2 more".
func branches(rows []*boards.Row) string {
	var all []string
	for _, r := range rows {
		all = append(all, shell.Place(r.Tree, r.Branch))
	}
	return "on " + shell.Names(slices.Compact(all))
}

// Qualified says what fails on this board and on no other.
func (b *board) Qualified() string {
	var total int64
	var alone []string
	for _, r := range b.Rows {
		total += r.Counts().Total()
	}
	for _, f := range b.Shown() {
		if f.Alone() {
			alone = append(alone, f.Path)
		}
	}
	switch n := len(alone); {
	case total == 0:
		return ""
	case n == 0 && len(b.Fails) > 0:
		return fmt.Sprintf("Of %s at these revisions, none fails on this board alone.", shell.Plural(total, "test"))
	case n == 0:
		return shell.Plural(total, "test") + " ran at these revisions."
	default:
		return fmt.Sprintf("Of %s at these revisions, %s on this board alone: %s.", shell.Plural(total, "test"), failsAlone(n), shell.Names(alone))
	}
}

func failsAlone(n int) string {
	if n == 1 {
		return "one fails"
	}
	return fmt.Sprintf("%d fail", n)
}

// title returns the title of the document, which begins with the verdict.
func (b *board) title() string {
	boots := b.boots()
	switch n := b.causes(verdict.New); {
	case len(b.Rows) == 0:
		return "Not run: " + b.Name
	case len(boots.broken) > 0:
		return "Does not boot " + branches(boots.broken) + ": " + b.Name
	case n > 0:
		return shell.Plural(int64(n), "new failure") + ": " + b.Name
	case len(boots.works) > 0:
		return "Boots: " + b.Name
	}
	return "Nothing new: " + b.Name
}
