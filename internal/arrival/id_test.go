// SPDX-License-Identifier: Apache-2.0

package arrival

import (
	"regexp"
	"strings"
	"testing"
)

func TestNewID(t *testing.T) {
	shape := regexp.MustCompile(`^[A-Za-z0-9]{32}$`)
	seen := map[string]bool{}
	var all strings.Builder
	for range 1000 {
		id := NewID()
		if !shape.MatchString(id) || seen[id] {
			t.Fatalf("ID %q", id)
		}
		seen[id] = true
		all.WriteString(id)
	}
	for _, c := range "ABCXYZabcxyz0189" {
		if n := strings.Count(all.String(), string(c)); n < 300 || n > 800 {
			t.Errorf("%c comes %d times in 32000 characters", c, n)
		}
	}
}
