// SPDX-License-Identifier: Apache-2.0

package columns

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

func TestListTexts(t *testing.T) {
	for want, list := range map[string][]string{"[]": {}, `["a","\"\\\n","ä"]`: {"a", "\"\\\n", "ä"}} {
		text := AppendTexts(nil, list)
		back, err := ReadList[string](text)
		if string(text) != want || err != nil || !cmp.Equal(back, list) {
			t.Errorf("%q became %s and %q, %v", list, text, back, err)
		}
	}
	for want, list := range map[string][]report.Resource{
		"[]": {}, `[{"name":"a b","url":"https://x/?a&b"},{"name":"c","url":""}]`: {{Name: "a b", URL: "https://x/?a&b"}, {Name: "c"}},
	} {
		text := AppendResources(nil, list)
		back, err := ReadList[report.Resource](text)
		if string(text) != want || err != nil || !cmp.Equal(back, list) {
			t.Errorf("%q became %s and %q, %v", list, text, back, err)
		}
	}
	if _, err := ReadList[string]([]byte(`["a",1]`)); err == nil {
		t.Error("a list with a number is one of strings")
	}
}
