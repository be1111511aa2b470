// SPDX-License-Identifier: Apache-2.0

package object_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/object"
)

func TestPatternSteps(t *testing.T) {
	id := object.ID{"ci:1"}
	for _, c := range []struct {
		pattern object.Pattern
		want    string
	}{
		{object.All(object.TypeTest), ">test#"},
		{object.Of(object.TypeTest), ">test[]#"},
		{object.Of(object.TypeTest, object.ID{"b"}, object.ID{"a"}, object.ID{"b"}), ">test[a; b]#"},
		{object.TestRef("ci:1").Pattern(), ">test[ci:1]#"},
		{object.Of(object.TypeBuild, id).Children(object.TypeTest), ">build[ci:1]>test#"},
		{object.Of(object.TypeBuild, id).Parents(object.TypeCheckout).Children(object.TypeBuild), ">build[ci:1]<checkout>build#"},
	} {
		if got := c.pattern.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestPatternWithoutRelation(t *testing.T) {
	defer func() {
		if got, want := recover(), "object: build has no parent test"; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}()
	object.All(object.TypeBuild).Parents(object.TypeTest)
}

// genID generates IDs of any text that a database may have.
func genID(t object.Type) *rapid.Generator[object.ID] {
	text := rapid.OneOf(rapid.StringMatching(`[a-c]{1,2}:[0-9/.?%+-]{0,3}`), rapid.StringMatching(`[a",;#\\ \n\[\]é]{0,4}`))
	return rapid.Custom(func(rt *rapid.T) object.ID {
		id := object.ID{text.Draw(rt, "ID")}
		switch t {
		case object.TypeRevision:
			id[1] = text.Draw(rt, "hash")
		case object.TypeIssueVersion:
			return object.IssueVersionRef(id[0], int(rapid.Int32().Draw(rt, "version"))).ID
		}
		return id
	})
}

// genPattern generates patterns in the form that Parse returns them in.
func genPattern() *rapid.Generator[object.Pattern] {
	return rapid.Custom(func(rt *rapid.T) object.Pattern {
		var p *object.Pattern
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			child, types := true, object.Types()
			if p != nil {
				types = p.Type.Children()
				if child = len(types) > 0 && (len(p.Type.Parents()) == 0 || rapid.Bool().Draw(rt, "child")); !child {
					types = p.Type.Parents()
				}
			}
			next := object.All(rapid.SampledFrom(types).Draw(rt, "type"))
			if rapid.Bool().Draw(rt, "some") {
				next = object.Of(next.Type, rapid.SliceOfN(genID(next.Type), 0, 3).Draw(rt, "IDs")...)
			}
			next.Base, next.Child = p, child
			p = &next
		}
		return *p
	})
}

// equalPatterns compares patterns; an empty list of IDs is the same as none.
func equalPatterns(a, b []object.Pattern) string {
	return cmp.Diff(a, b, cmp.Transformer("IDs", func(ids []object.ID) []string {
		texts := []string{}
		for _, id := range ids {
			texts = append(texts, id[0]+"\x00"+id[1])
		}
		return texts
	}))
}

func TestParseReadsWhatStringWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := genPattern().Draw(rt, "pattern")
		got, err := object.Parse(p.String())
		if diff := equalPatterns([]object.Pattern{p}, got); err != nil || diff != "" {
			rt.Fatalf("%s: error %v, patterns (-want +got):\n%s", p, err, diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, c := range conformance.Patterns(f)[:60] {
		f.Add(c.Pattern)
	}
	f.Add(">*<*>*<*#")
	f.Add(`>issue_version["é\\\"", -7 ; %,+1]$`)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 { // patterns share their IDs, but not when they are written
			t.Skip()
		}
		patterns, err := object.Parse(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "pattern: at ") || patterns != nil {
				t.Fatalf("%v with %v", err, patterns)
			}
			return
		}
		for _, p := range patterns[:min(len(patterns), 50)] {
			again, err := object.Parse(p.String())
			if diff := equalPatterns([]object.Pattern{p}, again); err != nil || diff != "" {
				t.Fatalf("%s: error %v, patterns (-want +got):\n%s", p, err, diff)
			}
		}
	})
}
