// SPDX-License-Identifier: Apache-2.0

package loaded

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// maxText bounds the patterns of a message, in bytes. It is below the limit for a pattern
// in package object, and for a message of Pub/Sub.
const maxText = 512 << 10

// maxID is the longest ID that is published, in bytes. No notification can be about a
// longer one.
const maxID = 8 << 10

// encode returns the patterns of the objects of a report, in texts of some most bytes, with
// the number of objects in each.
func encode(r *report.Report, most int) iter.Seq2[[]byte, int] {
	return func(yield func([]byte, int) bool) {
		var text bytes.Buffer
		objects := 0
		for pattern := range patterns(r, most) {
			line := pattern.String()
			if text.Len() > 0 && text.Len()+len(line) >= most {
				if !yield(bytes.Clone(text.Bytes()), objects) {
					return
				}
				text.Reset()
				objects = 0
			}
			text.WriteString(line)
			text.WriteByte('\n')
			objects += len(pattern.IDs)
		}
		if objects > 0 {
			yield(text.Bytes(), objects)
		}
	}
}

// patterns returns patterns that name the objects of a report, each of some most bytes.
func patterns(r *report.Report, most int) iter.Seq[object.Pattern] {
	return func(yield func(object.Pattern) bool) {
		for _, list := range lists(r) {
			var ids []object.ID
			size := 0
			for _, id := range list.ids {
				n := 2*len(id[0]) + len(id[1]) + 8 // at most, with quotes and escapes
				if len(id[0]) > maxID {
					continue
				}
				if size+n > most && len(ids) > 0 {
					if !yield(object.Of(list.of, ids...)) {
						return
					}
					ids, size = nil, 0
				}
				ids, size = append(ids, id), size+n
			}
			if len(ids) > 0 && !yield(object.Of(list.of, ids...)) {
				return
			}
		}
	}
}

// list is the IDs of the objects of a type.
type list struct {
	of  object.Type
	ids []object.ID
}

// lists returns the IDs of the objects of a report.
func lists(r *report.Report) []list {
	return []list{
		{object.TypeCheckout, idsOf(r.Checkouts, func(o *report.Checkout) object.ID { return object.ID{o.ID} })},
		{object.TypeBuild, idsOf(r.Builds, func(o *report.Build) object.ID { return object.ID{o.ID} })},
		{object.TypeTest, idsOf(r.Tests, func(o *report.Test) object.ID { return object.ID{o.ID} })},
		{object.TypeIssueVersion, idsOf(r.Issues, func(o *report.Issue) object.ID { return object.ID{o.ID, strconv.Itoa(o.Version)} })},
		{object.TypeIncident, idsOf(r.Incidents, func(o *report.Incident) object.ID { return object.ID{o.ID} })},
	}
}

func idsOf[T any](all []T, id func(*T) object.ID) []object.ID {
	ids := make([]object.ID, len(all))
	for i := range all {
		ids[i] = id(&all[i])
	}
	return ids
}

// decode returns the objects that patterns name. Other programs may publish patterns, too:
// those that go on to related objects stand for the objects that they begin with, because
// the notifier considers the ancestors of an object anyway.
func decode(text []byte) (changes []store.Change, err error) {
	for line := range lines(text) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		parsed, err := object.Parse(string(line))
		if err != nil {
			return nil, err
		}
		for i := range parsed {
			if changes, err = appendChanges(changes, &parsed[i]); err != nil {
				return nil, err
			}
		}
	}
	if len(changes) == 0 {
		return nil, errors.New("the message has no pattern")
	}
	return changes, nil
}

// lines returns the lines of a text. A line end in quotes is a part of an ID.
func lines(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		begin, quoted, escaped := 0, false, false
		for i, c := range text {
			switch {
			case escaped:
				escaped = false
			case quoted && c == '\\':
				escaped = true
			case c == '"':
				quoted = !quoted
			case c == '\n' && !quoted:
				if !yield(text[begin:i]) {
					return
				}
				begin = i + 1
			}
		}
		yield(text[begin:])
	}
}

// types are the lists of the types that a report has.
var types = map[object.Type]store.List{
	object.TypeCheckout:     store.Checkouts,
	object.TypeBuild:        store.Builds,
	object.TypeTest:         store.Tests,
	object.TypeIssueVersion: store.Issues,
	object.TypeIncident:     store.Incidents,
}

// appendChanges appends the objects that a pattern begins with.
func appendChanges(changes []store.Change, p *object.Pattern) ([]store.Change, error) {
	for p.Base != nil {
		p = p.Base
	}
	list, ok := types[p.Type]
	if !ok || !p.ByID {
		return nil, fmt.Errorf("%s: a pattern must begin with IDs of checkouts, builds, tests, versions of issues or incidents", p.Type)
	}
	for _, id := range p.IDs {
		key := store.Key{ID: id[0]}
		if p.Type == object.TypeIssueVersion {
			var err error
			if key.Version, err = strconv.Atoi(id[1]); err != nil {
				return nil, fmt.Errorf("version of an issue: %w", err)
			}
		}
		changes = append(changes, store.Change{List: list, Key: key})
	}
	return changes, nil
}
