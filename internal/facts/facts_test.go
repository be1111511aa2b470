// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func TestPathsTell(t *testing.T) {
	for path, want := range map[string]struct {
		suite string
		boot  bool
	}{
		"boot": {"boot", true}, "boot.nfs": {"boot", true}, "boot.": {"boot", true}, "boot..x": {"boot", true},
		"": {}, ".": {}, ".boot": {}, "bootx": {"bootx", false}, "boot-arm.x": {"boot-arm", false}, "Boot": {"Boot", false},
		"ltp.boot": {"ltp", false}, "ltp": {"ltp", false}, "boot ": {"boot ", false}, "é.x": {"é", false},
	} {
		if got := Suite(path); got != want.suite {
			t.Errorf("%q: suite %q, want %q", path, got, want.suite)
		}
		if got := IsBoot(path); got != want.boot {
			t.Errorf("%q: boot is %v", path, got)
		}
	}
}

// oddities are free objects with unusual members and the member NAME.
var oddities = map[string]string{
	``: "", `null`: "", `[]`: "", `"NAME"`: "", `12`: "", `{}`: "", `{"NAME":"x"}`: "x", "\t{ \"NAME\" :\r\n\"x\" } ": "x",
	`{"a":1,"NAME":"x","b":2}`: "x", `{"NAME":""}`: "",
	// No texts.
	`{"NAME":null}`: "", `{"NAME":1}`: "", `{"NAME":true}`: "", `{"NAME":["x"]}`: "", `{"NAME":{"NAME":"x"}}`: "",
	// Others of the name.
	`{"a":{"NAME":"x"}}`: "", `{"a":[{"NAME":"y"}],"NAME":"x"}`: "x", `["NAME","x"]`: "", `{"a":"NAME","b":"x"}`: "",
	`{"a":"\"NAME\":\"y\"","NAME":"x"}`: "x", `{"NAMEs":"y","NAME":"x"}`: "x", `{"xNAME":"y"}`: "", `{" NAME":"y"}`: "",
	// Escapes, in texts and in names.
	`{"NAME":"\u00e9\n\"\ud83d\ude00\/"}`: "é\n\"😀/", `{"":1,"\u0000":2,"NAME":"x"}`: "x",
	`{"a":-1.5e300,"b":[[[]],{"c":{}}],"NAME":"x"}`: "x",
	// Texts that are not JSON. No database has them.
	`{`: "", `{"a"`: "", `{"a":1,}`: "", `{NAME:"x"}`: "", `{"NAME":"\x"}`: "", "{\"NAME\":\"\xff\"}": "", `{"NAME":`: "", `}`: "",
}

func TestMisc(t *testing.T) {
	for _, of := range []struct {
		name string
		read func([]byte) string
	}{{"platform", Platform}, {"runtime", Lab}, {"error_msg", Reason}} {
		upper := strings.ToUpper(of.name[:1]) + of.name[1:]
		cases := map[string]string{
			`{"` + upper + `":"x"}`:                             "",
			`{"\u00` + hex(of.name[0]) + of.name[1:] + `":"x"}`: "x",
		}
		for misc, want := range oddities {
			cases[strings.ReplaceAll(misc, "NAME", of.name)] = want
		}
		for misc, want := range cases {
			if got := of.read([]byte(misc)); got != want {
				t.Errorf("%s: %s is %q, want %q", misc, of.name, got, want)
			}
		}
		if got := of.read(nil); got != "" {
			t.Errorf("nothing tells %q", got)
		}
	}
}

func hex(c byte) string { return string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) }

// FuzzMisc compares textOf with a decoder that reads the whole object.
func FuzzMisc(f *testing.F) {
	for misc := range oddities {
		f.Add([]byte(strings.ReplaceAll(misc, "NAME", "platform")))
	}
	f.Fuzz(func(t *testing.T, misc []byte) {
		got := Platform(misc)
		if !jsontext.Value(misc).IsValid() {
			return
		}
		var members map[string]any
		jsonv2.Unmarshal(misc, &members)
		if want, _ := members["platform"].(string); got != want {
			t.Errorf("%s: %q, want %q", misc, got, want)
		}
	})
}

// BenchmarkMisc reads free objects as large as those of real tests.
func BenchmarkMisc(b *testing.B) {
	misc := []byte(`{"test_source":"https://github.com/torvalds/linux.git","test_revision":"d7b8f8e20813f0179d8ef519541a3527e7661d3a",` +
		`"job_id":"1234567","job_url":"https://lava.example.org/scheduler/job/1234567","measurements":[{"name":"a","value":1.5}],` +
		`"runtime":"lava-example","maestro_viewer":"https://viewer.example.org/node/6867","retry_counter":0}`)
	b.SetBytes(int64(len(misc)))
	for b.Loop() {
		if Lab(misc) == "" || Reason(misc) != "" {
			b.Fatal()
		}
	}
}
