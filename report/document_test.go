// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

// readCases reads a file of conformance cases, one JSON object per line.
func readCases[T any](t *testing.T, name string) []T {
	t.Helper()
	var all []T
	readLines(t, name, func(c T) { all = append(all, c) })
	if len(all) == 0 {
		t.Fatalf("%s has no cases", name)
	}
	return all
}

func parse(t *testing.T, text []byte) *Document {
	t.Helper()
	d, err := ParseDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// canonical returns a text's JSON with the members of all objects sorted,
// because their order has no meaning.
func canonical(t *testing.T, text []byte) string {
	t.Helper()
	return string(appendValue(nil, sortMembers(parse(t, text).root)))
}

// validBySchema reports whether a report breaks no rule of its schema.
func validBySchema(err error) bool {
	invalid, ok := errors.AsType[*Error](err)
	if !ok {
		return err == nil
	}
	for _, f := range invalid.Faults {
		if f.Kind.OfSchema() {
			return false
		}
	}
	return true
}

// isMalformed reports whether the version of a report is spelled so oddly that a reader
// may refuse the report or not.
func isMalformed(d *Document) bool {
	_, readable := d.statedVersion()
	return !readable
}

func TestValidateExactly(t *testing.T) {
	for _, v := range recordedVersions() {
		for _, verdict := range []string{"valid", "invalid"} {
			name := fmt.Sprintf("%s-v%v.jsonl", verdict, v)
			for _, c := range readCases[struct {
				Name  string
				Doc   json.RawMessage
				Valid bool
			}](t, name) {
				err := parse(t, c.Doc).ValidateExactly(v)
				if validBySchema(err) != c.Valid {
					t.Errorf("%s: %s: got %v, want valid: %t", name, c.Name, err, c.Valid)
				}
			}
		}
	}
}

func TestValidateAskedOfLastRecorded(t *testing.T) {
	for _, c := range readCases[struct {
		Name          string
		Doc           json.RawMessage
		Exact, Direct *string
		Compatible    bool
		Valid         bool
	}](t, "validate.jsonl") {
		d := parse(t, c.Doc)
		for _, find := range []struct {
			name string
			got  func(Version) (Version, bool)
			want *string
		}{{"exact", d.Version, c.Exact}, {"direct", d.DirectVersion, c.Direct}} {
			got, ok := find.got(lastRecorded)
			if ok != (find.want != nil) || ok && got.String() != *find.want {
				t.Errorf("%s: %s version is %v, %t", c.Name, find.name, got, ok)
			}
		}
		err := d.Validate(lastRecorded)
		if isMalformed(d) {
			if err == nil {
				t.Errorf("%s: not refused", c.Name)
			}
		} else if validBySchema(err) != c.Valid {
			t.Errorf("%s: got %v, want valid: %t", c.Name, err, c.Valid)
		}
	}
}

func TestParseDocument(t *testing.T) {
	for _, c := range readCases[struct {
		Name, Text string
		Parses     bool
		Valid      *bool
	}](t, "raw.jsonl") {
		d, err := ParseDocument([]byte(c.Text))
		if (err == nil) != c.Parses {
			t.Errorf("%s: got %v, want parses: %t", c.Name, err, c.Parses)
		}
		if err == nil && validBySchema(d.Validate(latest)) != *c.Valid {
			t.Errorf("%s: got %v, want valid: %t", c.Name, d.Validate(latest), *c.Valid)
		}
	}
}

func TestUpgrade(t *testing.T) {
	for _, c := range readCases[struct {
		Name          string
		From          *string
		Doc           json.RawMessage
		Upgraded      json.RawMessage
		Error         *string
		DocValid      bool  `json:"doc_valid"`
		UpgradedValid *bool `json:"upgraded_valid"`
	}](t, "upgrade.jsonl") {
		d := parse(t, c.Doc)
		before := string(d.JSON())
		err := d.Upgrade(lastRecorded)
		if c.Error != nil {
			invalid, ok := errors.AsType[*Error](err)
			if !ok {
				t.Errorf("%s: got %s, want an error", c.Name, d.JSON())
				continue
			}
			kind := KindUpgrade
			if *c.Error == "ValidationError" || *c.Error == "AssertionError" {
				kind = KindVersion
			}
			if got := invalid.Faults[0].Kind; got != kind && !(kind == KindVersion && isMalformed(d)) {
				t.Errorf("%s: got %v of kind %s, want kind %s", c.Name, err, got, kind)
			}
			if got := string(d.JSON()); got != before {
				t.Errorf("%s: changed to %s", c.Name, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: got %v", c.Name, err)
			continue
		}
		if got, want := canonical(t, d.JSON()), canonical(t, c.Upgraded); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.Name, got, want)
		}
		if got := validBySchema(d.ValidateExactly(lastRecorded)); got != *c.UpgradedValid {
			t.Errorf("%s: upgraded is valid: %t", c.Name, got)
		}
		if err := d.Upgrade(latest); err != nil || validBySchema(d.ValidateExactly(latest)) != *c.UpgradedValid {
			t.Errorf("%s: upgraded to %v after %v: %v, want valid: %t", c.Name, latest, lastRecorded, err, *c.UpgradedValid)
		}
	}
}
