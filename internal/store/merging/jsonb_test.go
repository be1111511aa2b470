// SPDX-License-Identifier: Apache-2.0

package merging

import (
	"strings"
	"testing"
)

func TestJSONBForm(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for text, want := range map[string]string{
		`{}`:                            `{}`,
		`{"bb":1,"a":2,"B":[]}`:         `{"B": [], "a": 2, "bb": 1}`,
		`{"é":1,"z":2,"bb":3}`:          `{"z": 2, "bb": 3, "é": 1}`,
		`{"a":[{"cc":1,"d":2},"x",1]}`:  `{"a": [{"d": 2, "cc": 1}, "x", 1]}`,
		`{"\u0061":"\u00e9\u0001\/\n"}`: `{"a": "é\u0001/\n"}`,
		`{"a":1.50,"b":[true,null]}`:    `{"a": 1.50, "b": [true, null]}`,
		deep(jsonbDepth):                strings.ReplaceAll(deep(jsonbDepth), ":", ": "),
		deep(jsonbDepth + 1):            deep(jsonbDepth + 1),
		`{"a"`:                          `{"a"`,
	} {
		if got := jsonbForm(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
