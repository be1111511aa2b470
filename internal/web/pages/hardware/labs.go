// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/boards"
)

// lab is a lab that has the board, with the numbers of its tests.
type lab struct {
	Name                 string
	Origins              []string
	Boots, Booted, Lost  int64 // boots, those that worked, and those that the lab lost
	Tests                int64 // other tests
	Revisions            int
	Now                  verdict.Kind // of its boots at the newest revision that it booted, "" for none
	newest               *boards.Row
	newestOK, newestFail int64
	last                 int64 // revision counted last
}

// addLabs adds the labs, those with most tests first.
func (b *board) addLabs() {
	byName := make(map[string]*lab)
	rows := make(map[int64]*boards.Row, len(b.Tested))
	for _, r := range b.Tested {
		rows[r.Key] = r
	}
	for _, ran := range b.Ran { // sorted by revision
		l := byName[ran.Lab]
		if l == nil {
			l = &lab{Name: ran.Lab}
			byName[ran.Lab] = l
			b.Labs = append(b.Labs, l)
		}
		if !slices.Contains(l.Origins, ran.Origin) {
			l.Origins = append(l.Origins, ran.Origin)
		}
		if l.last != ran.Revision {
			l.last = ran.Revision
			l.Revisions++
		}
		if !facts.IsBoot(ran.Suite) {
			l.Tests += ran.N
			continue
		}
		outcome := verdict.OutcomeOf(ran.Status, false)
		l.Boots += ran.N
		switch outcome {
		case verdict.Passed:
			l.Booted += ran.N
		case verdict.LabTrouble:
			l.Lost += ran.N
		}
		l.note(rows[ran.Revision], outcome, ran.N)
	}
	slices.SortFunc(b.Labs, func(x, y *lab) int {
		return cmp.Or(cmp.Compare(y.Boots+y.Tests, x.Boots+x.Tests), cmp.Compare(x.Name, y.Name))
	})
}

// note notes boots at a revision, because the newest revision says how the lab is now.
func (l *lab) note(r *boards.Row, o verdict.Outcome, n int64) {
	if r == nil || l.newest != nil && r.Start.Before(l.newest.Start) {
		return
	}
	if l.newest != r {
		l.newest, l.newestOK, l.newestFail = r, 0, 0
	}
	switch o {
	case verdict.Passed:
		l.newestOK += n
	case verdict.Failed:
		l.newestFail += n
	}
	switch {
	case l.newestOK > 0:
		l.Now = verdict.OK
	case l.newestFail > 0:
		l.Now = verdict.Still
	default:
		l.Now = verdict.Lab
	}
}

// State says how the boots at the newest revision went.
func (l *lab) State() string {
	switch l.Now {
	case verdict.OK:
		return "BOOTS"
	case verdict.Still:
		return "FAILS"
	case verdict.Lab:
		return "LOST"
	}
	return ""
}

// Newest returns the name of the newest revision that the lab booted.
func (l *lab) Newest() string { return called(l.newest) }

// Rate returns the share of boots that worked, "" without boots.
func (l *lab) Rate() string {
	if l.Boots == 0 {
		return ""
	}
	return fmt.Sprintf("%d %%", 100*l.Booted/l.Boots)
}
