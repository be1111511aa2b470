// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// faultPlaces returns the places and the kinds of the faults in an error.
func faultPlaces(err *Error) map[string]bool {
	set := make(map[string]bool)
	if err != nil {
		for _, f := range err.Faults {
			set[string(f.Kind)+" "+f.Pointer] = true
		}
	}
	return set
}

// checkAgreement checks that the decoder and the reference validator agree on a text,
// for each minor version of a major version.
func checkAgreement(t interface{ Errorf(string, ...any) }, major int, text []byte) {
	for _, v := range versions {
		if v.Major != major {
			continue
		}
		d, r, err := decode(context.Background(), text, v, true, nil)
		if checked, _, err2 := decode(context.Background(), text, v, false, nil); (err == nil) != (err2 == nil) || err == nil && (checked.memory != d.memory || checked.objects+checked.added() != r.Count()) {
			t.Errorf("as %v: decoded %v, checked %v\n%q", v, err, err2, text)
		}
		invalid, _ := errors.AsType[*Error](err)
		ref := validateReference(text, v)
		unfit := ref == nil && invalid != nil && unfitOnly(invalid)
		if !unfit && (r == nil) != (ref != nil) {
			t.Errorf("as %v: report %v, %v\nreference: %v\n%q", v, r, err, ref, text)
		}
		if ref == nil {
			agreeOnUpgrade(t, text, v, r)
			continue
		}
		if invalid != nil && invalid.More > 0 || ref.More > 0 {
			continue // the listed faults may differ
		}
		if got, want := faultPlaces(invalid), faultPlaces(ref); !maps.Equal(got, want) {
			t.Errorf("as %v:\n%s\nreference:\n%s\n%q", v, lines(got), lines(want), text)
		}
	}
}

// agreeOnUpgrade checks that the decoder's result for a valid report equals the
// upgrade of the document. r is nil if the report cannot be upgraded.
func agreeOnUpgrade(t interface{ Errorf(string, ...any) }, text []byte, v Version, r *Report) {
	d, err := parseDocument(text)
	if err != nil {
		t.Errorf("as %v: %v\n%q", v, err, text)
		return
	}
	if from, ok := d.Version(latest); !ok || from != v {
		return
	}
	var want *Report
	if u, err := d.upgraded(latest); err == nil {
		_, want, _ = decode(context.Background(), u.JSON(), latest, true, nil)
	}
	if (r == nil) != (want == nil) {
		t.Errorf("as %v: decoded %v, upgraded %v\n%q", v, r, want, text)
	}
	if r == nil || want == nil {
		return
	}
	if got, want := normalize(t, r), normalize(t, want); got != want {
		t.Errorf("as %v: decoded\n%s\nupgraded\n%s\n%q", v, got, want, text)
	}
}

// normalize returns a report as JSON with all strings written in the same form.
func normalize(t interface{ Errorf(string, ...any) }, r *Report) string {
	d, err := parseDocument(r.AppendJSON(nil))
	if err != nil {
		t.Errorf("written as no JSON: %v", err)
		return ""
	}
	return string(d.JSON())
}

// agreeOnJSON checks that the scanner, which both validators use, and a strict
// JSON library agree on the texts that are JSON.
func agreeOnJSON(t interface{ Errorf(string, ...any) }, text []byte) {
	_, err := decodeAs(text, latest)
	if err != nil && err.More > 0 {
		return
	}
	strict, broken := true, false
	if err != nil {
		for _, f := range err.Faults {
			switch f.Kind {
			case KindSyntax:
				broken = !strings.Contains(f.Expected, "digits")
				strict = false
			case KindDuplicate, KindSurrogate, KindNumber, KindDepth:
				strict = false
			}
		}
	}
	switch valid := jsontext.Value(text).IsValid(); {
	case broken && valid:
		t.Errorf("JSON is not taken for JSON: %v\n%q", err, text)
	case strict && !valid && !mayHide(err):
		t.Errorf("what is not JSON is taken for JSON: %v\n%q", err, text)
	}
}

// mayHide reports whether the error may leave out half a surrogate pair or a NaN, because
// it is in a value with another fault.
func mayHide(err *Error) bool {
	return err != nil && slices.ContainsFunc(err.Faults, func(f Fault) bool { return f.Kind.OfSchema() || f.Kind == KindTime })
}

func lines(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), "\n")
}

// goldenTexts returns the texts of the cases of a major version.
func goldenTexts(tb testing.TB, major int, kinds ...string) []string {
	var texts []string
	for _, kind := range kinds {
		for _, v := range recordedVersions() {
			if v.Major == major {
				readLines(tb, fmt.Sprintf("%s-v%v.jsonl", kind, v), func(l struct{ Doc json.RawMessage }) {
					texts = append(texts, string(l.Doc))
				})
			}
		}
	}
	return texts
}

func rawTexts(tb testing.TB) []string {
	var texts []string
	readLines(tb, "raw.jsonl", func(l struct{ Text string }) { texts = append(texts, l.Text) })
	return texts
}

// oddities are pieces of text that validators may read differently.
var oddities = []string{
	`null`, `true`, `[]`, `{}`, `[null]`, `{"x":1}`, `""`, `"\n"`, `"a\n"`, `"\u0000"`, `"\ud83d"`, `"\ud83d\ude00"`, `"\ude00\ud83d"`, `"é"`, "\"\xff\"",
	`0`, `-0`, `-0.0`, `1.0`, `1e2`, `1.5`, `1e-1`, `-1`, `-1e-400`, `1e400`, `-1e400`, `NaN`, `Infinity`, `-Infinity`, `2147483647`, `2147483648`, `2147483647.5`,
	`99999999999999999999.5`, `123456789012345678901234567890`, `5.0`, `4`, `3`, strings.Repeat("1", 4300), strings.Repeat("1", 4301), strings.Repeat("9", 400),
	`"ci:1"`, `"ci:\u0000"`, `"ci"`, `"CI:1"`, `"PASS"`, `"pass"`, `"MISS"`, `"metric"`, `"a.b"`, `"a..b"`, `"https://h/"`, `"HTTPS://h/"`, `"https://h/ "`, `"a@b"`,
	`"2025-07-01T10:00:00Z"`, `"9999-12-31T23:59:59-01:00"`, `"0001-01-01T00:00:00+01:00"`, `"2025-02-29T00:00:00Z"`,
	`[{"name":"a","url":"a:b"}]`, `[{"name":"a/b","url":"b"},{"name":"a"},1]`, `["a","a b",""]`, `[[[{"a":{"a":1,"a":2}}]]]`,
	`{"misc":{"\u0000":"\u0000","b":NaN,"b":{"c":"\ud800"}}}`, `{"major":5,"minor":1}`, `{"major":5}`, `{"major":5.0,"minor":true}`, `{"value":1e400,"unit":"\u0000"}`,
	`9007199254740993`, `-9007199254740992`, `590295810358705700000`, `1e-999`, `0e-99999`, `0.` + strings.Repeat("0", 5000), `"ci:` + strings.Repeat("a", maxIndexed) + `"`,
	`["a","` + strings.Repeat("a", maxIndexed+1) + `"]`, `{"a":"` + strings.Repeat("a", maxMisc) + `"}`, `"ci"`, `"git://h/x"`, `"a.b."`, `{"code":true,"code":1,"x":0}`, `"` + strings.Repeat("é", maxText) + `"`, `"` + strings.Repeat(`\ud800`, maxText+1) + `"`,
}

// oddNames are members that an object may get.
var oddNames = []string{
	"version", "checkouts", "builds", "tests", "issues", "incidents", "id", "origin", "build_id", "misc", "comment", "start_time", "log_excerpt", "status",
	"number", "environment", "culprit", "categories", "input_files", "origin_builds_finish_time", "issue_version", "git_repository_url", "_timestamp", "x", "",
	`a/b~c`, `\u0069d`, `\u0000`, `\ud800`, "valid", "present", "major", "minor", "name", "url", "value", "waived", "contacts", "description", "duration", "path", "origin_id", "git_commit_tags",
}

// mutate returns a text with random changes of its values, members and bytes.
func mutate(t *rapid.T, text string) string {
	for range rapid.IntRange(1, 4).Draw(t, "changes") {
		spots := valueSpots(text)
		if len(spots) == 0 {
			return text
		}
		spot := rapid.SampledFrom(spots).Draw(t, "spot")
		value := rapid.SampledFrom(oddities).Draw(t, "value")
		switch rapid.IntRange(0, 5).Draw(t, "change") {
		case 0, 1, 2: // another value
			text = text[:spot.from] + value + text[spot.to:]
		case 3: // an additional member, new or repeated
			if text[spot.from] == '{' && spot.to-spot.from > 2 {
				name := rapid.SampledFrom(oddNames).Draw(t, "name")
				text = text[:spot.from+1] + `"` + name + `":` + value + "," + text[spot.from+1:]
			}
		case 4: // a member after the others
			if text[spot.from] == '{' && spot.to-spot.from > 2 {
				name := rapid.SampledFrom(oddNames).Draw(t, "name")
				text = text[:spot.to-1] + `, "` + name + `" :` + value + text[spot.to-1:]
			}
		case 5: // remove some bytes
			if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
				text = text[:spot.from] + text[spot.to:]
			}
		}
	}
	return text
}

type spot struct{ from, to int }

// valueSpots returns the positions of the values of a text, including names of
// members.
func valueSpots(text string) []spot {
	var spots []spot
	for i := 0; i < len(text); i++ {
		if isSpace(text[i]) || strings.IndexByte(",:]}", text[i]) >= 0 {
			continue
		}
		_, next, ok := skim([]byte(text), i)
		if !ok {
			return spots
		}
		spots = append(spots, spot{i, next})
		if text[i] != '{' && text[i] != '[' {
			i = next - 1
		}
	}
	return spots
}

func TestValidatorsAgree(t *testing.T) {
	for major := range latest.Major {
		for _, text := range goldenTexts(t, major+1, "valid", "invalid") {
			checkAgreement(t, major+1, []byte(text))
		}
	}
	for _, text := range rawTexts(t) {
		checkAgreement(t, latest.Major, []byte(text))
		agreeOnJSON(t, []byte(text))
	}
}

// TestValidatorsAgreeOnProperties gives each property of the latest version each short odd
// value. It holds a property without recorded cases to its schema.
func TestValidatorsAgreeOnProperties(t *testing.T) {
	for list, object := range map[string]Object{
		"checkouts": &Checkout{}, "builds": &Build{}, "tests": &Test{}, "issues": &Issue{}, "incidents": &Incident{},
	} {
		names := visitedFields{}
		object.VisitFields(names)
		for _, name := range names {
			for _, value := range oddities {
				if len(value) < maxIndexed {
					checkAgreement(t, latest.Major, reportWith(list, name, value))
				}
			}
		}
	}
}

func TestValidatorsAgreeOnMutants(t *testing.T) {
	texts := make([][]string, latest.Major+1)
	for major := range texts {
		texts[major] = goldenTexts(t, major, "valid")
	}
	rapid.Check(t, func(t *rapid.T) {
		major := rapid.SampledFrom([]int{5, 5, 5, 5, 4, 4, 3, 2, 1}).Draw(t, "major")
		text := []byte(mutate(t, rapid.SampledFrom(texts[major]).Draw(t, "text")))
		checkAgreement(t, major, text)
		agreeOnJSON(t, text)
	})
}

func FuzzValidatorsAgree(f *testing.F) {
	for major := range latest.Major {
		for i, text := range goldenTexts(f, major+1, "valid", "invalid") {
			if i%40 == 0 {
				f.Add(major+1, []byte(text))
			}
		}
	}
	for _, text := range rawTexts(f) {
		f.Add(latest.Major, []byte(text))
	}
	f.Fuzz(func(t *testing.T, major int, text []byte) {
		checkAgreement(t, major, text)
		agreeOnJSON(t, text)
	})
}
