// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/object"
)

// parsed returns the subscription on a type with some lines.
func parsed(tb testing.TB, on, lines string) *Subscription {
	tb.Helper()
	s, problems := Parse("a.yaml", []byte(fileAbout(on, lines)), Options{})
	if s == nil {
		tb.Fatal(problems)
	}
	return s
}

func returnStatus(status string) func() (string, error) {
	return func() (string, error) { return status, nil }
}

func TestMatch(t *testing.T) {
	in := &Input{Object: exampleTest(t), Created: true, Was: returnStatus(""), Now: returnStatus("FAIL")}
	for lines, want := range map[string]bool{
		"select: {architecture: arm64}":                                  true,
		"select: {architecture: arm}":                                    false,
		"select: {architecture: [arm, arm*]}":                            true,
		"select: {repository: '*/linux.git', branch: m?ster}":            true,
		"select: {repository: '*/linux'}":                                true,
		"select: {repository: 'git://GIT.example.org/linux/'}":           true,
		"select: {repository: 'https://GIT.example.org/*'}":              true,
		"select: {repository: '*/linux.git.git'}":                        false,
		"select: {path: 'kselftest.**'}":                                 true,
		"select: {path: kselftest}":                                      facts.MatchPath("kselftest", "kselftest.net.forwarding"),
		"select: {compatible: 'qcom,*'}":                                 true,
		"select: {compatible: 'qcom,s?'}":                                false,
		"select: {was: none, now: FAIL}":                                 true,
		"select: {was: PASS}":                                            false,
		"select: {platform: '?*'}":                                       false,
		"select: {lab: '*'}":                                             true,
		"select: {origin: ''}":                                           true,
		`match: object.status == "FAIL" && now == "FAIL" && was == ""`:   true,
		`match: object.build.architecture == "arm64"`:                    true,
		`match: object.checkout.git_repository_branch.startsWith("mas")`: true,
		`match: object.compatible.exists(c, c.startsWith("qcom,"))`:      true,
		`match: has(object.platform) || has(object.build)`:               false,
		`match: has(object.build.architecture) && created`:               true,
		`match: has(object.misc.a) && object.misc.a == 1`:                false,
		`match: size(object.issues) == 0 && object.before == ""`:         true,
		`match: object.duration == duration("0s")`:                       true,
		`match: object.start_time < timestamp("2026-01-01T00:00:00Z")`:   true,
		`match: object.revision.builds.total == 0`:                       true,
		`match: object.build.tests.under("a.**").failed > 0`:             false,
		`match: has(object.number_value)`:                                false,
		`match: type(object) == type(object.build)`:                      false,
	} {
		got, err := parsed(t, "test", lines).Match(t.Context(), in)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", lines, got, err)
		}
	}
}

func TestMatchOtherTypes(t *testing.T) {
	w := graph.NewEmpty(t.Context())
	for _, c := range []struct {
		on, lines string
		want      bool
	}{
		{"revision", "match: object.status == '' && size(object.repositories) == 0", true},
		{"revision", "select: {repository: '*', tree: '*'}", false},
		{"revision", "select: {origin: '*'}", false},
		{"checkout", "match: object.validity == '' && object.builds.failed == 0 && !object.builds.done", true},
		{"build", "match: object.tests.unjudged == 0 && object.checkout.id == '' && object.tests.status == ''", true},
		{"issue", "select: {category: '*'}", false},
		{"issue", "match: object.newest.id == object.id && size(object.versions) == 0", true},
		{"issue_version", "select: {culprit: code}", false},
		{"issue_version", "match: object.seen.present == 0 && object.version_num == 1 && object.culprits == []", true},
		{"incident", "select: {architecture: arm64}", false},
		{"incident", "match: 'object.present && !has(object.present) && object.issue.id == object.issue_id'", true},
	} {
		ref := object.Ref{Type: object.Type(c.on), ID: object.ID{"a:1", "1"}}
		in := &Input{Object: w.Object(ref), Was: returnStatus(""), Now: returnStatus("")}
		got, err := parsed(t, c.on, c.lines).Match(t.Context(), in)
		if err != nil || got != c.want {
			t.Errorf("%s: %s: got %v, %v", c.on, c.lines, got, err)
		}
		if got, err := parsed(t, "test", "match: 'true'").Match(t.Context(), in); got || err != nil {
			t.Errorf("%s: one on tests matches: %v", c.on, err)
		}
	}
}

func TestMatchReadsOnlyWhatItNeeds(t *testing.T) {
	asked := 0
	ask := func() (string, error) { asked++; return "", errors.New("asked") }
	in := &Input{Object: exampleTest(t), Was: ask, Now: ask}
	for _, lines := range []string{
		"select: {architecture: arm, was: PASS}",
		"match: object.status == 'PASS' && was == 'PASS'",
		"match: object.status == 'FAIL' || now == 'PASS'",
	} {
		if _, err := parsed(t, "test", lines).Match(t.Context(), in); err != nil || asked > 0 {
			t.Errorf("%s: asked %d times, %v", lines, asked, err)
		}
	}
	if _, err := parsed(t, "test", "match: was == 'PASS'").Match(t.Context(), in); err == nil || err.Error() != "asked" {
		t.Errorf("got %v", err)
	}
}

func TestExpressionsAreBounded(t *testing.T) {
	in := &Input{Object: exampleTest(t), Was: returnStatus(""), Now: returnStatus("")}
	in.Object.(*graph.Test).LogExcerpt = new(strings.Repeat("x", 16384))
	list := "[" + strings.Repeat("1,", 200) + "1]"
	for name, lines := range map[string]string{
		"loops":  "match: |\n  " + list + ".all(a, " + list + ".all(b, " + list + ".all(c, a == b && b == c || true)))",
		"texts":  "match: |\n  " + strings.Repeat("object.log_excerpt + ", 80) + "'' == ''",
		"no key": "match: object.misc.nothing == 1",
	} {
		start := cpuTime(t)
		if _, err := parsed(t, "test", lines).Match(t.Context(), in); err == nil {
			t.Errorf("%s: no error", name)
		}
		if took := cpuTime(t) - start; took > time.Minute {
			t.Errorf("%s: took %v", name, took)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := parsed(t, "test", "match: |\n  "+list+".all(a, a == 1)").Match(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestMessageID(t *testing.T) {
	in := &Input{Object: exampleTest(t), Was: returnStatus("PASS"), Now: returnStatus("FAIL")}
	for lines, want := range map[string]string{
		"match: 'true'": "",
		"match: 'true'\nid: object.status + \"/\" + string(object.compatible.size())": "FAIL/2",
		"match: 'true'\nid: 'was == \"\" ? \"\" : was + \"→\" + now'":                 "PASS→FAIL",
	} {
		if got, err := parsed(t, "test", lines).MessageID(t.Context(), in); err != nil || got != want {
			t.Errorf("%s: got %q, %v", lines, got, err)
		}
	}
	long := parsed(t, "test", "match: 'true'\nid: '\""+strings.Repeat("x", 300)+"\"'")
	if _, err := long.MessageID(t.Context(), in); err == nil {
		t.Error("a long ID")
	}
}

func TestExplain(t *testing.T) {
	in := &Input{Object: exampleTest(t), Was: returnStatus(""), Now: returnStatus("FAIL")}
	s := parsed(t, "test", `
select:
  architecture: [arm, arm64]
  status: PASS
match: |
  object.path.contains("a && b") || created &&
    object.status == "x"`)
	got, err := s.Explain(t.Context(), in)
	want := []Clause{
		{Text: "on: test", Held: true, Found: "test"},
		{Text: `architecture: "arm" or "arm64"`, Held: true, Found: `"arm64"`},
		{Text: `status: "PASS"`, Found: `"FAIL"`},
		{Text: `object.path.contains("a && b") || created && object.status == "x"`},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	s = parsed(t, "test", `match: 'created && (was == "" || now == "") && object.misc.x == 1 && object.path != "&&"'`)
	got, err = s.Explain(t.Context(), in)
	if err != nil || len(got) != 5 {
		t.Fatal(got, err)
	}
	for i, want := range []string{"on: test", "created", `(was == "" || now == "")`, "object.misc.x == 1", `object.path != "&&"`} {
		if got[i].Text != want || got[i].Held != (i != 1 && i != 3) || (got[i].Err != nil) != (i == 3) {
			t.Errorf("%d: %+v", i, got[i])
		}
	}
}

// A glob matches what path.Match matches, of texts that have nothing special to that.
func TestGlobs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.StringOfN(rapid.RuneFrom([]rune("abä*?")), 0, 12, -1).Draw(t, "glob")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abä")), 0, 12, -1).Draw(t, "text")
		want, err := path.Match(g, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := newGlob(g).matches(text); got != want {
			t.Errorf("%q matches %q: %v", g, text, got)
		}
	})
	if slow := newGlob(strings.Repeat("a*", 400) + "b"); slow.matches(strings.Repeat("a", 16384)) {
		t.Error("a slow glob matches")
	}
}

// Selectors match what a naive reading of them does.
func TestSelectorsFit(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("ab*")), 1, 3, -1)
	rapid.Check(t, func(r *rapid.T) {
		o := exampleTest(t)
		o.Build().Build.Architecture, o.Build().ConfigName = new(letters.Draw(r, "arch")), new(letters.Draw(r, "config"))
		o.Environment.Compatible = rapid.SliceOfN(letters, 0, 3).Draw(r, "compatible")
		has := map[string][]string{
			"architecture": {o.Build().Architecture()}, "config": {o.Build().Config()}, "compatible": o.Environment.Compatible,
		}
		lines, want := "match: 'true'\nselect:\n  origin: '*'\n", true
		for _, name := range []string{"architecture", "config", "compatible"} {
			globs := rapid.SliceOfN(letters, 0, 3).Draw(r, name)
			if len(globs) == 0 {
				continue
			}
			lines += "  " + name + ": ['" + strings.Join(globs, "', '") + "']\n"
			matches := false
			for _, g := range globs {
				for _, text := range has[name] {
					one, _ := path.Match(g, text)
					matches = matches || one
				}
			}
			want = want && matches
		}
		s := parsed(t, "test", lines)
		if got, err := s.Match(t.Context(), &Input{Object: o}); err != nil || got != want {
			r.Errorf("%s: got %v, %v", lines, got, err)
		}
	})
}

func TestFields(t *testing.T) {
	fields := Fields()
	seen := map[string]bool{}
	for _, f := range fields {
		if f.Doc == "" || f.Type == "" || seen[f.Of+f.Name] {
			t.Errorf("field %+v", f)
		}
		seen[f.Of+f.Name] = true
	}
	for _, want := range []string{"object", "kcidb.Testbefore", "kcidb.Testsunder(glob)", "kcidb.Countsfailed", "kcidb.Seenpresent"} {
		if !seen[want] {
			t.Errorf("no %s", want)
		}
	}
}
