// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
)

// siftedBodies are parts of reports that are costly to sift.
var siftedBodies = []struct{ name, before, piece, after string }{
	{"repaired texts", `"tests":[`, `{"id":"a:","origin":"a","build_id":"a:","comment":"\u0000"}`, `]`},
	{"repaired texts of misc", `"tests":[{"id":"a:","origin":"a","build_id":"a:","misc":{"x":[`, `"\u0000"`, `]}}]`},
	{"NULs", `"tests":[{"id":"a:","origin":"a","build_id":"a:","comment":"`, `\u0000`, `"}]`},
	{"bytes", `"tests":[{"id":"a:","origin":"a","build_id":"a:","comment":"`, "\xff", `"}]`},
	{"bytes of misc", `"tests":[{"id":"a:","origin":"a","build_id":"a:","misc":{"x":"`, "\xff", `"}}]`},
	{"bytes of a fault", `"tests":[{"id":"a:","origin":"a","build_id":"a:","path":"`, "\xff", `"}]`},
	{"nulls", `"tests":[`, `{"comment":null,"id":"a:","origin":"a","build_id":"a:","misc":null}`, `]`},
	{"rejected and good", `"tests":[{},`, `{"id":"a:","origin":"a","build_id":"a:","status":"PASS"}`, `]`},
	{"large rejected", `"tests":[`, `{"status":1,"comment":"` + strings.Repeat("abc", 1000) + `"}`, `]`},
	{"faults", `"tests":[`, `{` + strings.Repeat(`"idx":1,`, 30) + `"x":2}`, `]`},
}

// TestCostOfSifting holds the memory that Sift takes to 12 times the text and what MaxRejected
// objects take, and that of SiftCheck to 10 times. All allocations count, which is more than the
// memory in use.
func TestCostOfSifting(t *testing.T) {
	const size = 2 << 20
	if testing.Short() {
		t.Skip("counts allocations of hundreds of texts, of 2 MiB each")
	}
	for _, v := range versions {
		Sift(t.Context(), reportOf(v, `"tests":[{}]`), SiftOptions{}) // initializes everything that is created once
	}
	check := func(name string, v Version, body string) {
		text := reportOf(v, body)
		bytes, _, err := cost(func() error { _, err := Sift(t.Context(), text, SiftOptions{}); return err })
		checked, _, _ := cost(func() error { _, err := SiftCheck(t.Context(), text, SiftOptions{}); return err })
		if bytes > 12*float64(len(text))+5<<20 || checked > 10*float64(len(text))+5<<20 {
			t.Errorf("%s of %v take %.2f times their text, or %.2f times without objects; error: %.200v",
				name, v, bytes/float64(len(text)), checked/float64(len(text)), err)
		}
	}
	for _, c := range hostileBodies {
		check(c.name, latest, bodyOf(size, c.before, c.piece, c.after))
	}
	for _, c := range siftedBodies {
		check(c.name, latest, bodyOf(size, c.before, c.piece, c.after))
	}
	for _, c := range validBodies {
		check(c.name, c.until, bodyOf(size, c.before, c.piece, c.after))
	}
}
