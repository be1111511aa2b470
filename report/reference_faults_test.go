// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// collect adds the leaves of the library's tree of errors for the value at a
// path.
func (j *judgement) collect(base []string, err *jsonschema.ValidationError) {
	path := slices.Concat(base, err.InstanceLocation)
	switch k := err.ErrorKind.(type) {
	case *kind.Type:
		j.add(KindType, path, expectedType(k.Want), "")
	case *kind.Required:
		for _, name := range k.Missing {
			j.add(KindRequired, path, expectedProperty(name), foundMissing)
		}
	case *kind.AdditionalProperties:
		known := j.knownProperties(path)
		for _, name := range k.Properties {
			j.add(KindUnknown, append(slices.Clip(path), name), expectedKnown(name, known), "")
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
		j.collectVersion(base, err)
	case *kind.Schema, *kind.Group, *kind.Reference:
		for _, cause := range err.Causes {
			j.collect(base, cause)
		}
	default:
		panic(fmt.Sprintf("report: a schema uses what has no message: %v", err))
	}
}

// knownProperties returns the properties that an object of the report may have.
func (j *judgement) knownProperties(path []string) []string {
	schema := j.schema
	for _, name := range path {
		if items, ok := schema.Items.(*jsonschema.Schema); ok {
			schema = resolve(items)
		} else {
			schema = resolve(schema.Properties[name])
		}
	}
	return slices.Sorted(maps.Keys(schema.Properties))
}

// collectVersion adds the faults of the version in version 1.1, which is a
// string or an object: the faults of the alternative for the value's type.
func (j *judgement) collectVersion(base []string, err *jsonschema.ValidationError) {
	value, _ := child(j.root, "version")
	switch value.(type) {
	case string:
		j.collect(base, err.Causes[0])
	case *object:
		j.collect(base, err.Causes[1])
	default:
		j.add(KindType, []string{"version"}, expectedType([]string{"object"}), "")
	}
}
