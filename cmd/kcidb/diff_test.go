// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestExcerpts(t *testing.T) {
	const long = `"0123456789012345678901234567890123456789012345678901234567890123456789`
	for _, c := range []struct{ a, b, wantA, wantB string }{
		{`1`, `2`, `1`, `2`},
		{`"a"`, ``, `"a"`, `absent`},
		{long + `a"`, long + `b"`, `...01234567890123456789a"`, `...01234567890123456789b"`},
		{long + `"`, `"x"`, `"01234567890123456789012345678901234567890123456789012345678...`, `"x"`},
		{long + `"`, ``, `"01234567890123456789012345678901234567890123456789012345678...`, `absent`},
		// A character is shown as a whole or not at all.
		{`"äääääääääääääääääääääääääääääääää1"`, `"äääääääääääääääääääääääääääääääää2"`, `...ääääääääää1"`, `...ääääääääää2"`},
		{`"xäääääääääääääääääääääääääääääääää"`, `"xääääääääääääääääääääääääääääääää"`, `...äääääääääää"`, `...ääääääääää"`},
	} {
		value := func(s string) []byte {
			if s == "" {
				return nil
			}
			return []byte(s)
		}
		if a, b := excerpts(value(c.a), value(c.b)); a != c.wantA || b != c.wantB {
			t.Errorf("%s and %s, want %s and %s", a, b, c.wantA, c.wantB)
		}
	}
}
