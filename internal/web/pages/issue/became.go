// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"cmp"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// step is an event in the life of an issue.
type step struct {
	At      time.Time
	Version int       // that was recorded; -1 for another event
	Comment string    // of the version, if it differs from that before
	Text    string    // of another event
	In      *revision // where it happened, nil if unknown
}

// Became returns what became of the issue, newest first.
func (p *issuePage) Became() (all []step) {
	for i, v := range p.Versions {
		s := step{At: sqldb.Time(v.At), Version: v.Version, Comment: v.Comment}
		if i+1 < len(p.Versions) && p.Versions[i+1].Comment == v.Comment {
			s.Comment = ""
		}
		all = append(all, s)
	}
	if p.First != nil {
		all = append(all, step{At: p.First.Time(), Version: -1, Text: "Seen first", In: p.First.In})
	}
	// The table of trees has all incidents of a younger issue.
	if p.First != nil && !p.First.Time().Before(p.Where.Since) && !p.Where.Cut {
		for i := range p.Where.Rows {
			if row := &p.Where.Rows[i]; row.Seen() && row.FirstSeen > p.First.At {
				all = append(all, step{At: row.FirstTime(), Version: -1, Text: "Seen first in " + row.Place(), In: row.First})
			}
		}
	}
	if p.Last != nil && p.Total > 1 {
		all = append(all, step{At: p.Last.Time(), Version: -1, Text: "Seen last", In: p.Last.In})
	}
	slices.SortStableFunc(all, func(a, b step) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Version, a.Version)) })
	return all
}
