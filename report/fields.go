// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"time"
)

// Object is an object of a report, or a part of one: a [Checkout], [Build], [Test],
// [Issue] or [Incident], and the [Environment], [Number] and [Culprit] in them.
type Object interface {
	// VisitFields calls v once for each field: always all of them, in the same
	// order. The order never changes, because databases count on it.
	VisitFields(v FieldVisitor)
}

// FieldVisitor gets the fields of an object, one call each: the name of the
// property and a pointer to the field, through which a visitor may also set it.
// Encoders and decoders of other formats, such as tables, are visitors, so that
// each property is listed once.
//
// A pointer, list or JSON text in a field is nil if the property is absent.
type FieldVisitor interface {
	// Timestamp gets the metadata of an object, which comes before its properties.
	Timestamp(name string, field **time.Time)

	Text(name string, field *string) // required
	OptText(name string, field **string)
	// Version gets the version of an issue, a required number of 32 bits. It
	// belongs to the ID before it: both together identify the issue.
	Version(name string, field *int)
	Status(name string, field **Status)
	OptBool(name string, field **bool)
	OptFloat(name string, field **float64)
	OptTime(name string, field **time.Time)
	Texts(name string, field *[]string)
	Resources(name string, field *[]Resource)
	Misc(name string, field *json.RawMessage)

	// The parts are objects themselves. A visitor that sees no difference between
	// the fields of a part and those of the object calls VisitFields of the part,
	// also if it is nil: then all fields are absent. Such fields must not be set.
	Environment(name string, part **Environment)
	Number(name string, part **Number)
	Culprit(name string, part **Culprit)

	// Float gets the value of a Number, nil if the whole Number is.
	Float(name string, field *float64)
	Prefix(name string, field **Prefix)
}
