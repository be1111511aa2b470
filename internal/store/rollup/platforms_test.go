// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"fmt"
	"testing"
)

func TestPlatforms(t *testing.T) {
	var p Platforms
	for range 2 {
		for misc, want := range map[string]string{
			"": "", `{}`: "", `{"platform":"x"}`: "x", `{"a":{"platform":"x"},"platform":"\u00e9\n"}`: "é\n", `{"Platform":"x"}`: "",
			`{"platform":null}`: "", `{"platform":1}`: "", `{"platform":["x"]}`: "", `[]`: "", `{`: "", `{"platform":""}`: "",
		} {
			if got := p.Of([]byte(misc)); got != want {
				t.Errorf("%s: %q, want %q", misc, got, want)
			}
		}
	}
	for i := range 3 * platformsKept {
		p.Of(fmt.Appendf(nil, `{"platform":"%d"}`, i))
	}
	if len(p.byMisc) > platformsKept {
		t.Errorf("%d environments are remembered", len(p.byMisc))
	}
}
