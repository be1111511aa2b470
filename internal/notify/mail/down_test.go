// SPDX-License-Identifier: Apache-2.0

package mail

import "testing"

// TestDown: an error is of the server, and not of the message, before MAIL was
// answered, and whenever the connection is gone.
func TestDown(t *testing.T) {
	for _, c := range []struct {
		stage string
		code  int
		want  bool
	}{
		{StageAddress, 0, false}, {StageConnect, 0, true}, {StageGreeting, 554, true}, {StageHello, 500, true}, {StageTLS, 0, true},
		{StageAuth, 535, true}, {StageMail, 0, true}, {StageMail, 550, false}, {StageRcpt, 451, false}, {StageRcpt, 421, true},
		{StageData, 452, false}, {StageEnd, 0, true}, {StageEnd, 554, false},
	} {
		if got := (&Error{Stage: c.stage, Code: c.code}).Down(); got != c.want {
			t.Errorf("%s %d: %v, want %v", c.stage, c.code, got, c.want)
		}
	}
}
