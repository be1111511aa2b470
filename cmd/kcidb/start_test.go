// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Each command initializes all packages that are linked. Every start of any command waits
// while packages make regular expressions, templates and tables then. These are the bytes that all packages may allocate before main begins: those of this repository, and
// all. Allocations are counted, because they are the same in each run.
const (
	maxOwnStart = 200 << 10
	maxAllStart = 3500 << 10
)

// TestStartAllocatesLittle reads the runtime's report of the initialization of packages.
func TestStartAllocatesLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	const ours = "github.com/kcidb-go/kcidb/"
	run := exec.CommandContext(t.Context(), buildProgram(t, "."), "version")
	run.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace strings.Builder
	run.Stderr = &trace
	if err := run.Run(); err != nil {
		t.Fatal(err)
	}
	type initialized struct {
		name  string
		bytes int
	}
	var own, all int
	var packages []initialized
	for _, m := range regexp.MustCompile(`(?m)^init (\S+) @.* clock, (\d+) bytes,`).FindAllStringSubmatch(trace.String(), -1) {
		p := initialized{name: m[1]}
		p.bytes, _ = strconv.Atoi(m[2])
		if packages = append(packages, p); strings.HasPrefix(p.name, ours) {
			own += p.bytes
		}
		all += p.bytes
	}
	if own == 0 {
		t.Fatalf("the runtime tells nothing of our packages:\n%s", trace.String())
	}
	slices.SortFunc(packages, func(a, b initialized) int { return b.bytes - a.bytes })
	if own > maxOwnStart {
		t.Errorf("packages of this repository allocate %d bytes when a command starts, at most %d are allowed: "+
			"make at its first use what not every command needs (sync.OnceValue, internal/lazyregexp). The largest:", own, maxOwnStart)
		packages = slices.DeleteFunc(packages, func(p initialized) bool { return !strings.HasPrefix(p.name, ours) })
	} else if all > maxAllStart {
		t.Errorf("packages allocate %d bytes when a command starts, at most %d are allowed. The largest:", all, maxAllStart)
	} else {
		return
	}
	for _, p := range packages[:min(len(packages), 10)] {
		t.Logf("%8d bytes  %s", p.bytes, p.name)
	}
}

// BenchmarkStart measures how long "kcidb version" takes as a process, against a program
// that does nothing. If KCIDB_BASE is the path of another kcidb, it measures against that.
// Of each it takes the fastest run, because other programs on the machine only add to it.
func BenchmarkStart(b *testing.B) {
	program, base := buildProgram(b, "."), os.Getenv("KCIDB_BASE")
	if base == "" {
		empty := filepath.Join(b.TempDir(), "empty.go")
		if err := os.WriteFile(empty, []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
			b.Fatal(err)
		}
		base = buildProgram(b, empty)
	}
	fastest := map[string]time.Duration{}
	for b.Loop() {
		for range 20 {
			for _, name := range []string{program, base} {
				start := time.Now()
				if out, err := exec.CommandContext(b.Context(), name, "version").CombinedOutput(); err != nil {
					b.Fatalf("%s version: %v\n%s", name, err, out)
				}
				took := time.Since(start)
				fastest[name] = min(cmp.Or(fastest[name], took), took)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(fastest[program].Microseconds())/1e3, "ms/start")
	b.ReportMetric(float64(fastest[base].Microseconds())/1e3, "ms/start-of-base")
	b.ReportMetric(float64(fastest[program])/float64(fastest[base]), "x-base")
}

// buildProgram builds a program as releases are built, and returns its path.
func buildProgram(tb testing.TB, source string) string {
	tb.Helper()
	program := filepath.Join(tb.TempDir(), "program")
	if out, err := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, source).CombinedOutput(); err != nil {
		tb.Fatalf("go build %s: %v\n%s", source, err, out)
	}
	return program
}
