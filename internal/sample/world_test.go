// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/report"
)

// seen is a history of some weeks, for the tests of the world.
type seen struct {
	checkouts map[string]report.Checkout // the first of each ID
	builds    map[string]report.Build    // the last of each ID
	tests     []report.Test              // in the order in which they came, including those sent twice
	issues    []report.Issue
	incidents []report.Incident

	builtLate, checkedOutLate, neverBuilt int
	largest, reports, objects             int
}

var history = sync.OnceValue(func() *seen {
	s := &seen{checkouts: map[string]report.Checkout{}, builds: map[string]report.Build{}}
	missing := map[string]bool{} // the builds and checkouts that were missing when a child came
	for r := range sample.Reports(sample.Options{Seed: 1, Checkouts: 120}) {
		s.reports++
		s.objects += r.Count()
		s.largest = max(s.largest, r.Count())
		for _, c := range r.Checkouts {
			if _, known := s.checkouts[c.ID]; !known {
				s.checkouts[c.ID] = c
			}
		}
		for _, b := range r.Builds {
			s.builds[b.ID] = b
			if _, known := s.checkouts[b.CheckoutID]; !known {
				missing[b.CheckoutID] = true
			}
		}
		for _, t := range r.Tests {
			if _, known := s.builds[t.BuildID]; !known {
				missing[t.BuildID] = true
			}
		}
		s.tests = append(s.tests, r.Tests...)
		s.issues = append(s.issues, r.Issues...)
		s.incidents = append(s.incidents, r.Incidents...)
	}
	for id := range missing {
		_, checkout := s.checkouts[id]
		_, build := s.builds[id]
		switch {
		case checkout:
			s.checkedOutLate++
		case build:
			s.builtLate++
		default:
			s.neverBuilt++
		}
	}
	return s
})

// platform returns the name of the machine a test ran on.
func platform(t *report.Test) string {
	var misc struct{ Platform string }
	if t.Environment.Misc != nil {
		if err := json.Unmarshal(t.Environment.Misc, &misc); err != nil {
			panic(err)
		}
	}
	return misc.Platform
}

// runs returns the outcomes of each test that can be compared over revisions, in
// the order of the revisions: P, F, or "-" for others.
func (s *seen) runs() map[string]string {
	runs := map[string]string{}
	done := map[string]bool{}
	for i := range s.tests {
		t := &s.tests[i]
		b, known := s.builds[t.BuildID]
		if !known || t.Status == nil || done[t.ID] {
			continue
		}
		done[t.ID] = true
		c := s.checkouts[b.CheckoutID]
		if c.GitRepositoryBranch == nil {
			continue
		}
		key := strings.Join([]string{*c.GitRepositoryURL, *c.GitRepositoryBranch, *t.Path, platform(t), *b.ConfigName, *b.Compiler}, " ")
		switch *t.Status {
		case report.StatusPass:
			runs[key] += "P"
		case report.StatusFail:
			runs[key] += "F"
		default:
			runs[key] += "-"
		}
	}
	return runs
}

func TestRegressionsAndFlakes(t *testing.T) {
	inOneGoroutine(t)
	var broken, repaired, flaky int
	for _, run := range history().runs() {
		if strings.Contains(run, "PPFFF") {
			broken++
			if strings.Contains(run, "FFFPP") {
				repaired++
			}
		}
		if strings.Count(run, "PFP") >= 2 {
			flaky++
		}
	}
	if broken < 5 || repaired < 1 || flaky < 5 {
		t.Errorf("%d regressions, %d of them repaired, %d flakes", broken, repaired, flaky)
	}
}

func TestOutages(t *testing.T) {
	inOneGoroutine(t)
	lost := map[string]int{} // by platform
	up := map[string]bool{}
	s := history()
	for i := range s.tests {
		test := &s.tests[i]
		switch {
		case test.Status == nil:
		case *test.Status == report.StatusPass:
			up[platform(test)] = true
		case strings.Contains(string(test.Misc), `"error_code":"submit_error"`), strings.Contains(string(test.Misc), `"error_code":"Infrastructure"`):
			lost[platform(test)]++
		}
	}
	worked := 0
	for name := range lost {
		if up[name] {
			worked++
		}
	}
	if len(lost) < 5 || worked < 5 {
		t.Errorf("%d platforms had an outage, %d of them worked at another time", len(lost), worked)
	}
}

func TestOrderOfArrival(t *testing.T) {
	inOneGoroutine(t)
	s := history()
	if s.builtLate == 0 || s.checkedOutLate == 0 || s.neverBuilt == 0 || s.neverBuilt > len(s.builds)/20 {
		t.Errorf("of %d builds %d came late and %d never, of %d checkouts %d came late",
			len(s.builds), s.builtLate, s.neverBuilt, len(s.checkouts), s.checkedOutLate)
	}
	first := map[string]*report.Test{}
	grown, again := 0, 0
	for i := range s.tests {
		test := &s.tests[i]
		before, known := first[test.ID]
		switch {
		case !known:
			first[test.ID] = test
		case before.Status == nil && test.Status != nil:
			grown++
		case reflect.DeepEqual(before, test):
			again++
		default:
			t.Errorf("test %s comes again and differs", test.ID)
		}
	}
	if grown < 20 || again < 100 {
		t.Errorf("%d tests grew and %d came again", grown, again)
	}
	if mean := s.objects / s.reports; s.largest < 1000 || mean < 10 || mean > 100 {
		t.Errorf("the largest report has %d objects, the mean one %d", s.largest, mean)
	}
}

func TestCheckouts(t *testing.T) {
	s := history()
	if len(s.checkouts) != 120 {
		t.Errorf("%d checkouts of 120 asked for", len(s.checkouts))
	}
	if per := s.objects / len(s.checkouts); per < 1500 || per > 3000 {
		t.Errorf("%d objects a checkout", per)
	}
	origins := map[string]int{} // of each revision
	patched, tagged, refused := 0, 0, 0
	for _, c := range s.checkouts {
		origins[*c.GitCommitHash+*c.PatchsetHash]++
		if _, short, ok := strings.Cut(*c.GitCommitName, "-g"); ok && !strings.HasPrefix(*c.GitCommitHash, short) {
			t.Errorf("commit %s has the name %s", *c.GitCommitHash, *c.GitCommitName)
		}
		if len(c.PatchsetFiles) > 0 && c.MessageID != nil && len(*c.PatchsetHash) == 64 {
			patched++
		}
		if len(c.GitCommitTags) > 0 {
			tagged++
		}
		if !*c.Valid {
			refused++
		}
	}
	shared := 0
	for _, n := range origins {
		if n > 1 {
			shared++
		}
	}
	if shared < 10 || patched < 2 || tagged < 3 || refused == 0 {
		t.Errorf("%d revisions with several origins, %d checkouts with patches, %d with tags, %d not valid", shared, patched, tagged, refused)
	}
}

func TestIssues(t *testing.T) {
	s := history()
	versions := map[string]int{}
	for _, o := range s.issues {
		versions[o.ID] = max(versions[o.ID], o.Version)
	}
	later := 0
	for _, v := range versions {
		if v > 1 {
			later++
		}
	}
	present := map[string]bool{}
	ofBuilds, ofTests, back := 0, 0, 0
	for _, in := range s.incidents {
		if in.BuildID != nil {
			ofBuilds++
		} else {
			ofTests++
		}
		if present[in.ID] && !*in.Present {
			back++
		}
		present[in.ID] = *in.Present
	}
	if len(versions) < 10 || later == 0 || ofBuilds == 0 || ofTests < 50 || back == 0 {
		t.Errorf("%d issues, %d with later versions; incidents of %d builds and %d tests, %d taken back",
			len(versions), later, ofBuilds, ofTests, back)
	}
}

func TestShares(t *testing.T) {
	s := history()
	count := map[string]int{}
	excerpts, numbers := map[string]bool{}, 0
	length, distinct := 0, 0
	for _, test := range s.tests {
		status := "none"
		if test.Status != nil {
			status = string(*test.Status)
		}
		count[status]++
		if test.Number != nil {
			numbers++
		}
		if e := test.LogExcerpt; e != nil {
			count["excerpt"]++
			length += len(*e)
			if !excerpts[*e] {
				distinct += len(*e)
			}
			excerpts[*e] = true
		}
	}
	for _, share := range []struct {
		name      string
		low, high float64
	}{
		{"PASS", 70, 85}, {"SKIP", 10, 20}, {"FAIL", 2, 8}, {"MISS", 0.02, 2}, {"ERROR", 0.02, 2},
		{"DONE", 0.05, 2}, {"none", 0.02, 2}, {"excerpt", 70, 97},
	} {
		if got := float64(count[share.name]) * 100 / float64(len(s.tests)); got < share.low || got > share.high {
			t.Errorf("%.2f %% of the tests have %s, want %v to %v", got, share.name, share.low, share.high)
		}
	}
	if numbers < 100 {
		t.Errorf("%d tests have numbers", numbers)
	}
	if distinct*5 > length {
		t.Errorf("%d bytes of excerpts, of which %d are distinct", length, distinct)
	}
}
