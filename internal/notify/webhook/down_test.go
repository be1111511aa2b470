// SPDX-License-Identifier: Apache-2.0

package webhook

import "testing"

// TestDown: an error is of the hook, and not of the delivery, if it did not answer,
// cannot, or wants to be left alone.
func TestDown(t *testing.T) {
	for _, c := range []struct {
		status  int
		refused bool
		want    bool
	}{
		{0, false, true}, {0, true, false}, {500, false, true}, {503, false, true}, {429, false, true},
		{408, false, false}, {425, false, false}, {404, true, false}, {301, false, false},
	} {
		if got := (&Error{Status: c.status, Refused: c.refused}).Down(); got != c.want {
			t.Errorf("%d, refused %v: %v, want %v", c.status, c.refused, got, c.want)
		}
	}
}
