// SPDX-License-Identifier: Apache-2.0

package shell

import "testing"

func TestBreakable(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"v7.4-rc5 ltp.fork":     "v7.4-rc5 ltp.fork",
		"a kunit.drm_buddy/x-y": "a kunit.<wbr>drm_<wbr>buddy/<wbr>x-<wbr>y",
		"<b>.<i>._______":       "&lt;b&gt;.<wbr>&lt;i&gt;.<wbr>_<wbr>_<wbr>_<wbr>_<wbr>_<wbr>_<wbr>_<wbr>",
		"ééééééééééé.ééééé":     "ééééééééééé.<wbr>ééééé",
	} {
		if got := string(breakable(text)); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
	if got := longLink("/x?a=1&b", "kselftest.net.forwarding"); got != `<a href="/x?a=1&amp;b">kselftest.<wbr>net.<wbr>forwarding</a>` {
		t.Error(got)
	}
}
