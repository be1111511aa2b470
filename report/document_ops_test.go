// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// mergeCase is a case of merging. The target of a case without a target is a new
// report of version lastRecorded.
type mergeCase struct {
	Name    string
	Target  json.RawMessage
	Sources []json.RawMessage
	Merged  json.RawMessage
	Count   int
	Error   *string
}

func TestMerge(t *testing.T) {
	all := readCases[mergeCase](t, "merge.jsonl")
	all = append(all, readCases[mergeCase](t, "merge_target.jsonl")...)
	for _, c := range all {
		target := NewDocument(lastRecorded)
		if c.Target != nil {
			target = parse(t, c.Target)
		}
		before := string(target.JSON())
		sources := make([]*Document, len(c.Sources))
		for i := range c.Sources {
			c.Sources[i] = keepUnknown(c.Sources[i])
			sources[i] = parse(t, c.Sources[i])
		}
		err := target.Merge(sources...)
		for i, source := range c.Sources {
			if got := string(sources[i].JSON()); got != string(parse(t, source).JSON()) {
				t.Errorf("%s: source %d has changed", c.Name, i)
			}
		}
		if c.Error != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("%s: got %v, want an error", c.Name, err)
			}
			if got := string(target.JSON()); got != before {
				t.Errorf("%s: changed to %s", c.Name, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: got %v", c.Name, err)
			continue
		}
		if got, want := canonical(t, target.JSON()), canonical(t, c.Merged); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.Name, got, want)
		}
		if got, err := target.Count(); err != nil || got != c.Count {
			t.Errorf("%s: counted %d, %v, want %d", c.Name, got, err, c.Count)
		}
	}
}

func TestOperations(t *testing.T) {
	for _, c := range readCases[struct {
		Name, Op, Version string
		Doc, Result       json.RawMessage
		Error             *string
	}](t, "ops.jsonl") {
		var asked Version
		if _, err := fmt.Sscanf(c.Version, "%d.%d", &asked.Major, &asked.Minor); err != nil {
			t.Fatal(err)
		}
		got, err := operate(t, c.Op, asked, keepUnknown(c.Doc))
		// Metadata looks the same in all versions, so our functions do not take a version.
		if strings.HasSuffix(c.Op, "_metadata") && c.Error != nil {
			continue
		}
		// Count takes no version either: it counts every known version.
		if c.Name == "count newer than asked" {
			continue
		}
		if c.Error != nil {
			if err == nil {
				t.Errorf("%s: got %s, want an error", c.Name, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if got, want := canonical(t, got), canonical(t, c.Result); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.Name, got, want)
		}
	}
}

// operate performs an operation named in the case files, and returns its
// result as JSON.
func operate(t *testing.T, op string, asked Version, doc json.RawMessage) ([]byte, error) {
	if op == "new" {
		return NewDocument(asked).JSON(), nil
	}
	if op == "cmp" {
		var pair []json.RawMessage
		if err := json.Unmarshal(doc, &pair); err != nil {
			t.Fatal(err)
		}
		order, err := Compare(parse(t, pair[0]), parse(t, pair[1]))
		return fmt.Append(nil, order), err
	}
	d := parse(t, doc)
	switch op {
	case "has_metadata":
		return fmt.Append(nil, d.HasMetadata()), nil
	case "strip_metadata":
		d.StripMetadata()
		return d.JSON(), nil
	case "count":
		count, err := d.Count()
		return fmt.Append(nil, count), err
	case "get_ids":
		ids, err := d.IDs()
		return idsJSON(t, ids), err
	case "dedup_first":
		err := d.Dedup(KeepFirst)
		return d.JSON(), err
	case "dedup_second":
		err := d.Dedup(KeepLast)
		return d.JSON(), err
	}
	t.Fatalf("no operation %q", op)
	return nil, nil
}

// idsJSON returns IDs as JSON; an ID of one property is just its value.
func idsJSON(t *testing.T, ids map[string][][]any) []byte {
	bare := make(map[string][]any)
	for list, all := range ids {
		for _, id := range all {
			if len(id) == 1 {
				bare[list] = append(bare[list], id[0])
			} else {
				bare[list] = append(bare[list], id)
			}
		}
	}
	text, err := json.Marshal(bare)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
