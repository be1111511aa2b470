// SPDX-License-Identifier: Apache-2.0

package api

import (
	"strings"
	"testing"
)

// Texts that no object can have are refused before a database sees them, because
// PostgreSQL fails on them.
func TestTextsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		for _, path := range []string{
			"/api/report?checkout=%00", "/api/build/%00", "/api/test/%ff", "/api/tree?origin=%00",
			// The bad escape of one parameter must not hide another parameter.
			"/api/tree?origin=%00&x=%zz", "/api/tree?x=%zz&origin=%00", "/api/tree?%zz&origin=%00",
		} {
			if status, _, _ := s.get(path); status != 400 {
				t.Errorf("%s: %d", path, status)
			}
		}
		for _, nul := range []string{`\u0000`, `a\u0000b`} {
			body := strings.ReplaceAll(`{"origin": "NUL", "startTimestampInSeconds": 0, "endTimestampInSeconds": 1, "selectedCommits": {}, "filter": {}}`, "NUL", nul)
			if status, _, answer := s.post("/api/hardware/x/summary", body); status != 400 {
				t.Errorf("%s: %d %v", body, status, answer)
			}
		}
	})
}
