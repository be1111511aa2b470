// SPDX-License-Identifier: Apache-2.0

package report

import "testing"

// Validate judges a document as it is: as its text was, until it is changed.
func TestValidateChanged(t *testing.T) {
	const twice = `{"version":{"major":4,"minor":5},"tests":[{"id":"ci:1","origin":"ci","build_id":"ci:2","_x":1,"_x":2}]}`
	for name, change := range map[string]func(d *Document) error{
		"upgraded":         func(d *Document) error { return d.Upgrade(latest) },
		"merged":           func(d *Document) error { return d.Merge() },
		"without repeated": func(d *Document) error { return d.Dedup(KeepLast) },
		"stripped":         func(d *Document) error { d.StripMetadata(); return nil },
	} {
		text := []byte(twice)
		d := parse(t, text)
		clear(text) // callers may use their memory again
		if got := faultKinds(d.Validate(latest)); got != "unknown duplicate" && got != "duplicate unknown" {
			t.Errorf("before it is %s: faults of the kinds %q", name, got)
		}
		if err := change(d); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := "unknown"
		if name == "stripped" {
			want = ""
		}
		if got := faultKinds(d.Validate(latest)); got != want {
			t.Errorf("%s: faults of the kinds %q, want %q", name, got, want)
		}
	}
}

// faultKinds returns the kinds of the faults in an error.
func faultKinds(err error) (kinds string) {
	if err == nil {
		return ""
	}
	for i, f := range err.(*Error).Faults {
		if i > 0 {
			kinds += " "
		}
		kinds += string(f.Kind)
	}
	return kinds
}
