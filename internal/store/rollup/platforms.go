// SPDX-License-Identifier: Apache-2.0

package rollup

import "github.com/kcidb-go/kcidb/internal/facts"

// Platforms tells the platforms that environments name. It remembers them, for
// the same few environments come again and again.
type Platforms struct{ of map[string]string }

// platformsKept is how many environments are remembered.
const platformsKept = 1000

// Of returns what facts.Platform does of an environment's free object, plain.
func (p *Platforms) Of(misc []byte) string {
	if misc == nil {
		return ""
	}
	if platform, ok := p.of[string(misc)]; ok {
		return platform
	}
	if len(p.of)%platformsKept == 0 {
		p.of = make(map[string]string)
	}
	platform := plain(facts.Platform(misc))
	p.of[string(misc)] = platform
	return platform
}
