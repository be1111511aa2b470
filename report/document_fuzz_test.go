// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"testing"
)

// seedDocuments adds cases of every recorded version.
func seedDocuments(f *testing.F) {
	for _, v := range recordedVersions() {
		for _, verdict := range []string{"valid", "invalid"} {
			i := 0
			readLines(f, verdict+"-v"+v.String()+".jsonl", func(c struct{ Doc json.RawMessage }) {
				if i++; i%10 == 0 {
					f.Add([]byte(c.Doc))
				}
			})
		}
	}
	readLines(f, "raw.jsonl", func(c struct{ Text string }) { f.Add([]byte(c.Text)) })
}

// FuzzParseDocument: a document is written in a form that reads the same, and
// no operation on it panics.
func FuzzParseDocument(f *testing.F) {
	seedDocuments(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ParseDocument(text)
		if err != nil {
			return
		}
		written := d.JSON()
		again, err := ParseDocument(written)
		if err != nil {
			t.Fatalf("%q is written as %q: %v", text, written, err)
		}
		if rewritten := again.JSON(); !bytes.Equal(rewritten, written) {
			t.Fatalf("%q is written as %q, then as %q", text, written, rewritten)
		}
		_ = d.Validate(latest)
		for _, v := range versions {
			_ = d.ValidateExactly(v)
			_, _ = d.DirectVersion(v)
		}
		if order, err := Compare(d, again); err == nil && order != 0 {
			t.Fatalf("%q is not the same as itself", text)
		}
		if _, err := again.IDs(); err == nil {
			before, _ := again.Count()
			if err := again.Merge(d); err == nil {
				if after, err := again.Count(); err != nil || after != 2*before {
					t.Fatalf("%q has %d objects, and %d twice", text, before, after)
				}
			}
			_ = again.Dedup(KeepFirst)
		}
		again.StripMetadata()
		if again.HasMetadata() {
			t.Fatalf("%q has metadata after all was stripped: %q", text, again.JSON())
		}
	})
}

// A valid report of 3.0 or later upgrades to a valid report, or is refused. The functions
// on texts and the methods of a Document agree.
func FuzzUpgrade(f *testing.F) {
	seedDocuments(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ParseDocument(text)
		if err != nil {
			return
		}
		from, ok := d.Version(latest)
		valid := d.Validate(latest) == nil
		refused := d.Upgrade(latest)
		if ok && valid && refused == nil && from.Major >= 3 {
			if err := d.Validate(latest); err != nil {
				t.Fatalf("%q becomes invalid: %v", text, err)
			}
		}
		// A Document does not read version 5.0 as 5; Decode does.
		if _, err := Decode(text); (ok || err != nil) && (err == nil) != (valid && refused == nil && d.Validate(latest) == nil) {
			t.Fatalf("%q: decoded: %v; valid: %t; refused: %v", text, err, valid, refused)
		}
	})
}
