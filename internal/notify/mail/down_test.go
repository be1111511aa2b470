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
		{stageAddress, 0, false}, {stageConnect, 0, true}, {stageGreeting, 554, true}, {stageHello, 500, true}, {stageTLS, 0, true},
		{stageAuth, 535, true}, {stageMail, 0, true}, {stageMail, 550, false}, {stageRcpt, 451, false}, {stageRcpt, 421, true},
		{stageData, 452, false}, {stageEnd, 0, true}, {stageEnd, 554, false},
	} {
		if got := (&Error{Stage: c.stage, Code: c.code}).Down(); got != c.want {
			t.Errorf("%s %d: %v, want %v", c.stage, c.code, got, c.want)
		}
	}
}
