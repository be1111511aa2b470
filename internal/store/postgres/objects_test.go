// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"slices"
	"strings"
	"testing"
)

// FuzzArray reads what might be a list of strings, and gets back those written.
func FuzzArray(f *testing.F) {
	for _, list := range [][]string{{}, {""}, {"a", "ä\n", ""}} {
		e := &encoder{}
		e.array(list)
		f.Add(e.b[lengthSize:], strings.Join(list, ","))
	}
	f.Add([]byte("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x19\x00\x00\x00\x01\x00\x00\x00\x01\xff\xff\xff\xff"), "")
	f.Fuzz(func(t *testing.T, value []byte, text string) {
		(&values{}).array(value) // must not panic
		list := strings.Split(text, ",")
		e := &encoder{}
		e.array(list)
		v := &values{}
		if back := v.array(e.b[lengthSize:]); v.err != nil || !slices.Equal(back, list) {
			t.Errorf("%q became %q, %v", list, back, v.err)
		}
	})
}
