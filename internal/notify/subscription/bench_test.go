// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkMatch asks subscriptions of several kinds about a test. A hundred of
// them may be asked about 20,000 tests a second.
func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"selectors", "select: {architecture: arm64, path: kselftest.net.**, status: [FAIL, ERROR]}"},
		{"other", "select: {architecture: riscv, path: kselftest.net.**, status: [FAIL, ERROR]}"},
		{"expression", `match: object.status == "FAIL" && object.path.startsWith("kselftest")`},
		{"expression_false", `match: object.status == "PASS" && object.path.startsWith("kselftest")`},
		{"far", `match: object.build.checkout.git_repository_branch in ["master", "linux-6.1.y"]`},
		{"macro", `match: object.compatible.exists(c, c.startsWith("qcom,"))`},
	} {
		b.Run(c.name, func(b *testing.B) {
			s, problems := Parse("a.yaml", []byte("on: test\nto: [a@example.org]\n"+c.text+"\n"), Options{})
			if s == nil {
				b.Fatal(problems)
			}
			in := &Input{Object: exampleTest(b)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Match(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func exampleTest(tb testing.TB) *graph.Test {
	w := graph.NewEmpty(tb.Context())
	c := w.Checkout("ci:1")
	c.GitRepositoryURL, c.GitRepositoryBranch = new("https://git.example.org/linux.git"), new("master")
	build := w.Build("ci:1")
	build.CheckoutID, build.Build.Architecture = "ci:1", new("arm64")
	t := w.Test("ci:1")
	t.BuildID, t.Test.Path, t.Test.Status = "ci:1", new("kselftest.net.forwarding"), new(report.StatusFail)
	t.Environment = &report.Environment{Compatible: []string{"google,lazor", "qcom,sc7180"}}
	return t
}
