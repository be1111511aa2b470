// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// validateReference judges a report by one version's schema, whatever version
// it says it is of, as a general JSON Schema library reads it. It is what the
// decoder of 5.x is held against.
func validateReference(text []byte, v Version) *Error {
	d, err := parseDocument(text)
	if err != nil {
		return err
	}
	return d.judge(v)
}

// judge returns the faults of a report against a version's schema, and those
// of its text, in the order of the text; nil where there are none.
func (d *Document) judge(v Version) *Error {
	schema := compiled[v]()
	j := judgement{root: d.root, schema: schema, more: d.more, wrong: make(map[string]bool)}
	if err := schema.Validate(plain(d.root)); err != nil {
		invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
		if !ok {
			panic(fmt.Sprintf("report: validate as %v: %v", v, err))
		}
		j.collect(invalid)
	}
	j.integers()
	j.note(d.notes)
	return j.error()
}

// judgement gathers faults.
type judgement struct {
	root   any
	schema *jsonschema.Schema
	faults []placedFault
	wrong  map[string]bool // pointers of values that are not what they should be
	more   int             // faults not gathered
}

// placedFault is a fault with its place in the text: the positions of
// members and elements from the root to the value.
type placedFault struct {
	Fault
	place []int
}

// add adds a fault at a path, or, for what is missing from an object, at its
// end. It takes what was found from the value there if found is "".
func (j *judgement) add(kind Kind, path []string, expected, what string) {
	fault := placedFault{Fault: Fault{Kind: kind, Pointer: pointer(path), Expected: expected, Found: what}}
	value := j.root
	for i, name := range path {
		next, position := child(value, name)
		if o, ok := next.(*object); ok && i == 1 && memberRank(path[0]) < len(rootMembers) {
			fault.List, fault.Index, fault.ID = path[0], position, objectID(o)
		}
		value = next
		fault.place = append(fault.place, position)
	}
	if fault.Found == "" {
		fault.Found = found(value)
	}
	if kind == KindRequired {
		fault.place = append(fault.place, math.MaxInt)
	} else {
		j.wrong[fault.Pointer] = true
	}
	j.faults = append(j.faults, fault)
}

// child returns a member or an element of a value, and its position.
func child(value any, name string) (any, int) {
	switch value := value.(type) {
	case *object:
		if i := value.index(name); i >= 0 {
			return value.members[i].value, i
		}
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i < len(value) {
			return value[i], i
		}
	}
	return nil, 0
}

// objectID returns the ID of an object as people know it, "" if it has none.
func objectID(o *object) string {
	if id := o.text("id"); id != "" {
		return excerpt(id)
	}
	if id := o.text("origin_id"); id != "" {
		return excerpt(o.text("origin") + ":" + id)
	}
	return ""
}

// collect adds the leaves of the library's tree of errors.
func (j *judgement) collect(err *jsonschema.ValidationError) {
	path := err.InstanceLocation
	switch k := err.ErrorKind.(type) {
	case *kind.Type:
		j.add(KindType, path, expectedType(k.Want), "")
	case *kind.Required:
		for _, name := range k.Missing {
			j.add(KindRequired, path, expectedProperty(name), foundMissing)
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			j.add(KindUnknown, append(slices.Clone(path), name), expectedKnown(name, j.known(path)), "")
		}
	case *kind.Pattern:
		j.add(KindPattern, path, expectedPattern(k.Want), "")
	case *kind.Format:
		if k.Err == errYears {
			j.add(KindTime, path, expectedYears, "")
		} else {
			j.add(KindFormat, path, expectedFormat(k.Want), "")
		}
	case *kind.Enum:
		j.add(KindEnum, path, expectedEnum(k.Want), "")
	case *kind.Const:
		j.add(KindVersion, path, fmt.Sprint(k.Want), "")
	case *kind.Minimum:
		j.add(KindRange, path, k.Want.RatString()+" or more", "")
	case *kind.Maximum:
		j.add(KindRange, path, k.Want.RatString()+" or less", "")
	case *kind.MaxLength:
		j.add(KindLength, path, expectedLength(k.Want), "")
	case *kind.OneOf:
		j.collectVersion(err)
	case *kind.Schema, *kind.Group, *kind.Reference:
		for _, cause := range err.Causes {
			j.collect(cause)
		}
	default:
		panic(fmt.Sprintf("report: a schema uses what has no message: %v", err))
	}
}

// known returns the properties that an object of the report may have.
func (j *judgement) known(path []string) []string {
	schema := j.schema
	for _, name := range path {
		if items, ok := schema.Items.(*jsonschema.Schema); ok {
			schema = items
		} else {
			schema = schema.Properties[name]
		}
		switch {
		case schema.Ref != nil:
			schema = schema.Ref
		case schema.OneOf != nil: // 1.1's version: a string or an object
			schema = schema.OneOf[1]
		}
	}
	return slices.Sorted(maps.Keys(schema.Properties))
}

// collectVersion adds the faults of version 1.1's version, which is a
// string or an object: those of the alternative that is of the value's type.
func (j *judgement) collectVersion(err *jsonschema.ValidationError) {
	value, _ := child(j.root, "version")
	switch value.(type) {
	case string:
		j.collect(err.Causes[0])
	case *object:
		j.collect(err.Causes[1])
	default:
		j.add(KindType, err.InstanceLocation, expectedType([]string{"object"}), "")
	}
}

// integers adds faults for versions of issues that are integers to the
// schema, but too large to be kept.
func (j *judgement) integers() {
	for _, at := range [][2]string{{"issues", "version"}, {"incidents", "issue_version"}} {
		value, _ := child(j.root, at[0])
		elements, _ := value.([]any)
		for i, element := range elements {
			value, _ := child(element, at[1])
			number, ok := value.(json.Number)
			path := []string{at[0], strconv.Itoa(i), at[1]}
			if ok && toFloat(number) > math.MaxInt32 && !j.wrong[pointer(path)] {
				j.add(KindNumber, path, expectedInt32, "")
			}
		}
	}
}

// note adds faults of the text: duplicates in any case, others where nothing
// else is wrong with the value they are in; each once for a value.
func (j *judgement) note(notes []collected) {
	wrong := maps.Clone(j.wrong)
	noted := make(map[string]bool)
	for _, n := range notes {
		if key := string(n.Kind) + n.Pointer; !noted[key] && (n.Kind == KindDuplicate || !wrong[n.Pointer]) {
			noted[key] = true
			j.add(n.Kind, splitPointer(n.Pointer), n.Expected, n.Found)
		}
	}
}

// error returns the faults in the order of the text, nil where there are none.
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
