// SPDX-License-Identifier: Apache-2.0

package object

// Pattern names objects: those of one type that are related to those another
// pattern names. It is a chain of steps, each with one type; patterns with "*"
// are expanded to several of these when they are read.
type Pattern struct {
	Base  *Pattern // what the step begins at; nil for everything there is
	Child bool     // the step leads to children, else to parents
	Type  Type
	IDs   []ID // of the objects, where Some; none of them for an empty list
	Some  bool // only objects with an ID in IDs
}
