// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// validateReference judges a report by the schema of one version, with a general JSON
// Schema library, and ignores the version in the report. It is the reference for the
// decoder, in all versions.
func validateReference(text []byte, v Version) *Error {
	root, notes, more, err := readTree(text)
	if err != nil {
		return err
	}
	schema := compiled[v]()
	j := judgement{
		root: root, schema: schema, more: more,
		wrong: make(map[string]bool), places: make(map[*object]map[string]int),
	}
	j.check(nil, root, schema)
	j.addUnstorable()
	j.addFaults(notes)
	return j.error()
}

// judgement gathers at most as many faults as a collector, because a report may be made to
// fill the memory.
type judgement struct {
	root   any
	schema *jsonschema.Schema
	faults []placedFault
	more   int                        // the number of faults not gathered
	wrong  map[string]bool            // pointers of values with faults
	places map[*object]map[string]int // of the members of objects that have many
}

// placedFault is a fault with its position in the text: the positions of
// members and elements from the root to the value.
type placedFault struct {
	Fault
	place []int
}

// array is an array in the report, with the schema of its elements.
type array struct {
	path     []string
	elements []any
	items    *jsonschema.Schema
}

// check judges a value at a path by its schema. The library sees arrays as empty, and gets
// their elements one by one, because the results for a whole report would take many times
// the memory of the report.
func (j *judgement) check(path []string, value any, schema *jsonschema.Schema) {
	var arrays []array
	if err := schema.Validate(j.plain(path, value, schema, &arrays)); err != nil {
		invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
		if !ok {
			panic(fmt.Sprintf("report: validate %s: %v", pointer(path), err))
		}
		j.collect(path, invalid)
	}
	for _, a := range arrays {
		for i, element := range a.elements {
			j.check(append(slices.Clip(a.path), strconv.Itoa(i)), element, a.items)
		}
	}
}

// plain returns a value in the form that the library accepts. It leaves out
// values that the schema does not check, and adds arrays to the arrays to
// check.
func (j *judgement) plain(path []string, value any, schema *jsonschema.Schema, arrays *[]array) any {
	schema = resolve(schema)
	switch value := value.(type) {
	case *object:
		m := make(map[string]any)
		unknown := 0
		for _, member := range value.members {
			property, ok := schema.Properties[member.name]
			switch {
			case ok:
				m[member.name] = j.plain(append(slices.Clip(path), member.name), member.value, property, arrays)
			case schema.AdditionalProperties == nil: // misc
			case unknown < maxCollected:
				m[member.name] = nil
				unknown++
			default:
				j.more++
			}
		}
		return m
	case []any:
		if items, ok := schema.Items.(*jsonschema.Schema); ok {
			*arrays = append(*arrays, array{path, value, items})
		}
		return []any{}
	}
	return plainScalar(value)
}

// resolve returns the schema that a reference points to, or, for the version
// of 1.1, the alternative for objects.
func resolve(schema *jsonschema.Schema) *jsonschema.Schema {
	for schema.Ref != nil {
		schema = schema.Ref
	}
	if schema.OneOf != nil {
		return schema.OneOf[1]
	}
	return schema
}

// add adds a fault at a path. The fault of a missing property is at the end of its object.
// The found text comes from the value at the path if what is "".
func (j *judgement) add(kind Kind, path []string, expected, what string) {
	if len(j.faults) == maxCollected {
		j.more++
		return
	}
	fault := placedFault{Fault: Fault{Kind: kind, Pointer: pointer(path), Expected: expected, Found: what}}
	value := j.root
	for i, name := range path {
		next, position := j.child(value, name)
		if o, ok := next.(*object); ok && i == 1 && memberRank(path[0]) < len(rootMembers) {
			fault.List, fault.Index, fault.ID = path[0], position, objectID(o)
		}
		value = next
		fault.place = append(fault.place, position)
	}
	if fault.Found == "" {
		fault.Found = describeValue(value)
	}
	if kind == KindRequired {
		fault.place = append(fault.place, math.MaxInt)
	} else {
		j.wrong[fault.Pointer] = true
	}
	j.faults = append(j.faults, fault)
}

// child is child for objects that may have very many members.
func (j *judgement) child(value any, name string) (any, int) {
	o, ok := value.(*object)
	if !ok || len(o.members) < manyMembers {
		return child(value, name)
	}
	if j.places[o] == nil {
		j.places[o] = o.memberPositions()
	}
	if i, ok := j.places[o][name]; ok {
		return o.members[i].value, i
	}
	return nil, 0
}

// addFaults adds faults of the text, each once for a value. It always adds duplicates,
// and other faults only if their value has no fault so far.
func (j *judgement) addFaults(notes []collected) {
	wrong := maps.Clone(j.wrong)
	noted := make(map[string]bool)
	for _, n := range notes {
		if n.Kind == KindSize && !j.hasProperty(splitPointer(n.Pointer)) {
			continue // of a value that is not a misc
		}
		if key := string(n.Kind) + n.Pointer; !noted[key] && (n.Kind == KindDuplicate || !wrong[n.Pointer]) {
			noted[key] = true
			j.add(n.Kind, splitPointer(n.Pointer), n.Expected, n.Found)
		}
	}
}

// error returns the faults in the order of the text, or nil.
func (j *judgement) error() *Error {
	if len(j.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(j.faults, func(a, b placedFault) int { return slices.Compare(a.place, b.place) })
	e := &Error{More: j.more + max(0, len(j.faults)-MaxFaults)}
	for _, f := range j.faults[:min(len(j.faults), MaxFaults)] {
		e.Faults = append(e.Faults, f.Fault)
	}
	return e
}

// splitPointer returns the member names and indexes of a JSON pointer.
func splitPointer(pointer string) []string {
	if pointer == "" {
		return nil
	}
	path := strings.Split(pointer[1:], "/")
	for i, name := range path {
		path[i] = pointerUnescaper.Replace(name)
	}
	return path
}

var pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
