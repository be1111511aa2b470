// SPDX-License-Identifier: Apache-2.0

package rollup

import "github.com/kcidb-go/kcidb/internal/facts"

// Platforms finds the platforms of environments. It remembers them, because the same few
// environments recur.
type Platforms struct{ byMisc map[string]string }

// platformsKept limits how many environments are remembered.
const platformsKept = 1000

// Of returns the platform of an environment by its misc, as facts.Platform does, without
// separators. The platform of no misc is "".
func (p *Platforms) Of(misc []byte) string {
	if len(misc) == 0 {
		return ""
	}
	if platform, ok := p.byMisc[string(misc)]; ok {
		return platform
	}
	if len(p.byMisc)%platformsKept == 0 {
		p.byMisc = make(map[string]string)
	}
	platform := withoutSeparators(facts.Platform(misc))
	p.byMisc[string(misc)] = platform
	return platform
}

// HasShortPlatform returns the condition of the indexes hardware_counts_platform and
// test_counts_platform, which leave out long names of platforms, on a row of their table.
func HasShortPlatform(row string) string { return "length(" + row + ".platform) <= 200" }
