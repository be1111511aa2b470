// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// patience is how long results of a revision are still expected.
const patience = 48 * time.Hour

// lateShare is the share of its usual results, in percent, below which a revision is late.
const lateShare = 60

// Awaited returns how many percent of the results that a branch usually has are in at its
// newest revision, if more are expected: else 0. recent are its revisions, newest first.
func Awaited(now time.Time, recent []verdicts.Revision) int {
	if len(recent) == 0 || now.Sub(recent[0].Start) >= patience {
		return 0
	}
	return shareOfUsual(recent)
}

// shareOfUsual returns how many percent of the results that a branch usually has are in at
// its newest revision. It returns 0 if they are about as many as usual, or if the branch
// is too young to know.
func shareOfUsual(recent []verdicts.Revision) int {
	var earlier []int64
	for i := range recent[1:] {
		if n := recent[1+i].Total().Total(); n > 0 {
			earlier = append(earlier, n)
		}
	}
	const least = 3
	if len(earlier) < least {
		return 0
	}
	slices.Sort(earlier)
	usual := earlier[len(earlier)/2]
	share := int(100 * recent[0].Total().Total() / usual)
	if share >= lateShare {
		return 0
	}
	return max(share, 1)
}

// IsComplete reports whether all origins say that they have sent all results of a commit.
func IsComplete(p answers.Progress) bool { return p.Checkouts > 0 && p.Tested == p.Checkouts }
