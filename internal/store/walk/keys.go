// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

type ids map[object.ID]bool

// possible returns those of the IDs that an object may have, with versions as objects have
// them.
func possible(t object.Type, all []object.ID) ids {
	set := make(ids, len(all))
	for _, id := range all {
		if t == object.TypeIssueVersion {
			version, err := strconv.ParseInt(id[1], 10, 32)
			if err != nil {
				continue
			}
			id[1] = strconv.FormatInt(version, 10)
		}
		if isText(id[0]) && isText(id[1]) {
			set[id] = true
		}
	}
	return set
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// keyOf returns the key of an ID, which is that of the commit for a revision.
func keyOf(t object.Type, id object.ID) store.Key {
	key := store.Key{ID: id[0]}
	if t == object.TypeIssueVersion {
		key.Version, _ = strconv.Atoi(id[1]) // possible let only numbers pass
	}
	return key
}

// idOf returns the ID of an object of a list.
func idOf(t object.Type, key store.Key) object.ID {
	if t == object.TypeIssueVersion {
		return object.IssueVersionRef(key.ID, key.Version).ID
	}
	return object.ID{key.ID}
}

func compareKeys(a, b store.Key) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
}

// source collects what selects the objects of a list, for a Question.
type source struct {
	all bool
	of  map[object.Type]map[store.Key]bool
}

// add adds the keys of IDs of a type.
func (s *source) add(t object.Type, all ids) {
	if len(all) == 0 {
		return
	}
	if s.of == nil {
		s.of = map[object.Type]map[store.Key]bool{}
	}
	if s.of[t] == nil {
		s.of[t] = map[store.Key]bool{}
	}
	for id := range all {
		s.of[t][keyOf(t, id)] = true
	}
}

// join adds what another source selects.
func (s *source) join(other source) {
	s.all = s.all || other.all
	for t, keys := range other.of {
		if s.of == nil {
			s.of = map[object.Type]map[store.Key]bool{}
		}
		if s.of[t] == nil {
			s.of[t] = map[store.Key]bool{}
		}
		maps.Copy(s.of[t], keys)
	}
}

// empty reports whether the source selects nothing.
func (s *source) empty() bool { return !s.all && len(s.of) == 0 }

// question returns the question for the objects of a list.
func (s *source) question(l list, properties []string) Question {
	q := Question{List: l.name(), All: s.all, Properties: properties}
	if s.all {
		return q
	}
	q.Of = make(map[object.Type][]store.Key, len(s.of))
	for t, keys := range s.of {
		q.Of[t] = slices.SortedFunc(maps.Keys(keys), compareKeys)
	}
	return q
}

// sortedIDs returns IDs in the order of their fields.
func sortedIDs(all ids) []object.ID { return slices.SortedFunc(maps.Keys(all), compareIDs) }

func compareIDs(a, b object.ID) int { return slices.Compare(a[:], b[:]) }
