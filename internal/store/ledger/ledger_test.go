// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/ledger"
)

// entries returns n entries with the end of their chain.
func entries(n int) (all []ledger.Entry, head ledger.Chain) {
	for i := range n {
		e := ledger.Entry{At: time.UnixMicro(int64(i) * 1e6).UTC(), Kind: ledger.Submission, Subject: fmt.Sprint("s", i), Origin: "ci", Token: "t", Digest: "d"}
		head.Add(&e)
		all = append(all, e)
	}
	return all, head
}

// TestHash has the hash of a row as another program computes it:
//
//	printf '0:,1:1,8:17000000,10:submission,1:s,2:ci,1:t,1:d,' | sha256sum
func TestHash(t *testing.T) {
	e := ledger.Entry{At: time.UnixMicro(17_000_000), Kind: ledger.Submission, Subject: "s", Origin: "ci", Token: "t", Digest: "d"}
	var c ledger.Chain
	c.Add(&e)
	if want := "7edf2940a0f150167c5bad65ee3ea505f9553f6112da470a671c474fad9744d5"; e.Hash != want || e.Number != 1 || c.Hash != want {
		t.Errorf("the hash is %s", e.Hash)
	}
}

func TestAlterationsAreFound(t *testing.T) {
	for name, alter := range map[string]func([]ledger.Entry) []ledger.Entry{
		"number":  func(all []ledger.Entry) []ledger.Entry { all[3].Number = 9; return all },
		"time":    func(all []ledger.Entry) []ledger.Entry { all[3].At = all[3].At.Add(time.Microsecond); return all },
		"kind":    func(all []ledger.Entry) []ledger.Entry { all[3].Kind = ledger.Refused; return all },
		"subject": func(all []ledger.Entry) []ledger.Entry { all[3].Subject = "other"; return all },
		"origin":  func(all []ledger.Entry) []ledger.Entry { all[3].Origin = "other"; return all },
		"token":   func(all []ledger.Entry) []ledger.Entry { all[3].Token = "other"; return all },
		"digest":  func(all []ledger.Entry) []ledger.Entry { all[3].Digest = "other"; return all },
		"hash":    func(all []ledger.Entry) []ledger.Entry { all[3].Hash = strings.Repeat("0", 64); return all },
		"shifted": func(all []ledger.Entry) []ledger.Entry { all[3].Origin, all[3].Token = "cit", ""; return all },
		"removed": func(all []ledger.Entry) []ledger.Entry { return slices.Delete(all, 3, 4) },
		"swapped": func(all []ledger.Entry) []ledger.Entry { all[3], all[4] = all[4], all[3]; return all },
		"twice":   func(all []ledger.Entry) []ledger.Entry { return slices.Insert(all, 3, all[3]) },
		"rehashed": func(all []ledger.Entry) []ledger.Entry {
			all[3].Origin = "other"
			before := ledger.Chain{Number: all[2].Number, Hash: all[2].Hash}
			before.Add(&all[3])
			return all
		},
	} {
		t.Run(name, func(t *testing.T) {
			all, _ := entries(6)
			if n := faults(all); n > 0 {
				t.Fatalf("%d faults in the good chain", n)
			}
			if faults(alter(all)) == 0 {
				t.Error("no fault was found")
			}
		})
	}
}

func faults(all []ledger.Entry) (n int) {
	var c ledger.Chain
	for i := range all {
		if c.Check(&all[i]) != nil {
			n++
		}
	}
	return n
}
