// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/object"
)

// suite is a group of tests that fail in the same places, and whose paths differ in the
// last part only. Such tests most likely fail for the same reason.
type suite struct {
	summary.Group        // of the first test
	where         string // the tests ran
	names         []string
	judged        verdict.Counts // of all tests
}

// total returns the number of results in the suite.
func (s *suite) total() int64 { return s.N * int64(len(s.names)) }

// badTests returns the tests that failed without a known issue. Tests of one suite that
// fail in the same places are one group. The largest groups come first. It returns nil
// if no test failed, and no groups if each failure is a known issue.
func (d *Data) badTests() (*groups, error) {
	_, tests, err := results(d.Object)
	if err != nil {
		return nil, err
	}
	known, err := d.findings()
	if err != nil {
		return nil, err
	}
	failures, err := tests.Unexplained()
	if err != nil {
		return nil, err
	}
	counts, err := tests.Counts()
	if err != nil {
		return nil, err
	}
	suites := d.suites(failures)
	if len(suites) == 0 && graph.Bad(counts) > 0 {
		return &groups{known: true}, nil
	}
	g := &groups{noun: "test", known: known.Tested(), more: failures.Rest().Total()}
	shown := min(len(suites), maxGroups)
	for _, s := range suites[shown:] {
		g.more += s.total()
	}
	if err := d.addSuites(g, tests, suites[:shown]); err != nil {
		return nil, err
	}
	return g.orNil(), nil
}

// addSuites adds suites to groups. It reads the first test of each suite to find a log.
func (d *Data) addSuites(g *groups, tests *graph.Tests, suites []*suite) error {
	firsts := make([]string, len(suites))
	for i, s := range suites {
		firsts[i] = s.First
	}
	examples, err := tests.Get(firsts...)
	if err != nil {
		return err
	}
	for _, t := range examples {
		g.example.consider(testName(t), t.Log(), t.Excerpt())
	}
	for _, s := range suites {
		i := slices.IndexFunc(examples, func(t *graph.Test) bool { return t.Test.ID == s.First })
		name, members := document.Cut(line(s.Path), maxName), ""
		if s.Path == "" && s.N == 1 && i >= 0 {
			name = document.Cut(firstLine(examples[i].Remark()), maxName)
		}
		if n := len(s.names); n > 1 {
			name = plural(int64(n), "test") + " of " + document.Cut(line(parent(s.Path)), maxName)
			members = listWords(s.names, maxNames)
		}
		g.add(s.Status, cmp.Or(name, "without a path"), s.N, pageurl.Of(d.Base, object.TestRef(s.First)), members, s.where, verdictsOf(s.judged, s.total()))
	}
	return nil
}

// suites joins groups of failures, and sorts them.
func (d *Data) suites(failures *summary.Groups) []*suite {
	_, ofBuild := d.Object.(*graph.Build)
	type key struct {
		status        string
		parent, where string
		n             int64
	}
	byKey := map[key]*suite{}
	var all []*suite
	for _, g := range failures.List() {
		where, parent := placesOf(g, ofBuild), parent(g.Path)
		k := key{string(g.Status), parent, where, g.N}
		s := byKey[k]
		if s == nil {
			s = &suite{Group: g, where: where, judged: verdict.Counts{}}
			all = append(all, s)
			if parent != "" {
				byKey[k] = s
			}
		}
		s.judged.Add(g.Verdicts)
		s.names = append(s.names, document.Cut(line(strings.TrimPrefix(g.Path, parent+".")), 60))
	}
	slices.SortStableFunc(all, func(a, b *suite) int {
		return cmp.Or(byStatus(a.Status, b.Status), -cmp.Compare(a.total(), b.total()), cmp.Compare(a.Path, b.Path))
	})
	return all
}

// parent returns a path without its last part.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

// placesOf names the places that the tests of a group ran in: "arm64 defconfig on rpi4", or
// with several values "arm and arm64; defconfig; on rpi4, qemu and 3 more". It names only
// the platforms for tests of one build.
func placesOf(g summary.Group, ofBuild bool) string {
	var parts []string
	between := " "
	for _, property := range []struct {
		summary.Values
		before string
	}{{g.Architectures, ""}, {g.Configs, ""}, {g.Platforms, "on "}} {
		if len(property.Names) == 0 || ofBuild && property.before == "" {
			continue
		}
		if len(property.Names) > 1 {
			between = "; "
		}
		parts = append(parts, property.before+values(property.Values))
	}
	return strings.Join(parts, between)
}

// values lists the first values, and counts the others.
func values(v summary.Values) string {
	var names []string
	for _, name := range v.Names {
		names = append(names, document.Cut(line(name), 60))
	}
	names = append(names, make([]string, v.More)...) // counted, never shown
	return listWords(names, maxNames)
}
