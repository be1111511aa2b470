// SPDX-License-Identifier: Apache-2.0

package facts

import "testing"

func TestWanted(t *testing.T) {
	for _, test := range []struct {
		wanted             Wanted
		value              string
		is, isPath, isPart bool // what Accepts, AcceptsPath and AcceptsSuite say
	}{
		{nil, "ltp", true, true, true},
		{Wanted{"ltp"}, "ltp", true, true, true},
		{Wanted{"ltp"}, "ltp.fs", false, true, false},
		{Wanted{"ltp.fs"}, "ltp", false, false, true},
		{Wanted{"l*"}, "ltp", false, true, true},
		{Wanted{"kunit", "ltp"}, "ltp", true, true, true},
		{Wanted{"-ltp"}, "ltp", false, false, false},
		{Wanted{"-ltp"}, "kunit", true, true, true},
		{Wanted{"-ltp.fs"}, "ltp", true, true, true},
		{Wanted{"-ltp", "ltp"}, "ltp", false, false, false},
	} {
		if is, isPath, isPart := test.wanted.Accepts(test.value), test.wanted.AcceptsPath(test.value), test.wanted.AcceptsSuite(test.value); is != test.is ||
			isPath != test.isPath || isPart != test.isPart {
			t.Errorf("%q of %s: %t %t %t", test.wanted, test.value, is, isPath, isPart)
		}
	}
}
