// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Whatever a file says, it is read in little time, and is a subscription or has
// problems that lie within it.
func FuzzParse(f *testing.F) {
	examples, err := filepath.Glob("../../../examples/subscriptions/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range examples {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(fileAbout("test", "match: \"a\\u00e4 \\\\ \\\" x\"\nbody: |2\n   {{range}}\n")))
	f.Fuzz(func(t *testing.T, text []byte) {
		start := cpuTime(t)
		s, problems := Parse("a.yaml", text, Options{})
		if (s == nil) != (len(problems) > 0) || len(problems) > maxProblems {
			t.Errorf("%v and problems %v", s, problems)
		}
		lines := 2
		for _, c := range text {
			if c == '\n' || c == '\r' {
				lines++
			}
		}
		for _, p := range problems {
			if p.Text == "" || len(p.Text) > maxProblem || p.Line > lines || p.Line < 0 || p.Column < 0 {
				t.Errorf("problem %q", p)
			}
		}
		if took := cpuTime(t) - start; took > 20*time.Second {
			t.Errorf("took %v", took)
		}
		if s == nil {
			return
		}
		in := &Input{Object: exampleTest(t), Was: returnStatus(""), Now: returnStatus("FAIL")}
		_, _ = s.Match(t.Context(), in)
		_, _ = s.MessageID(t.Context(), in)
		if s.On == "test" {
			_, _, _ = s.Render(t.Context(), sample{Object: in.Object, Subscription: s})
		}
		if len(s.Reason(in)) > maxReason {
			t.Error("a long reason")
		}
		if _, err := s.Explain(t.Context(), in); err != nil {
			t.Error(err)
		}
	})
}
