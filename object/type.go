// SPDX-License-Identifier: Apache-2.0

package object

import "slices"

// Type is a type of objects, by the name it has in patterns.
type Type string

// The types. Reports call an issue version an issue. Revisions and issues have no list of
// their own in a report.
const (
	TypeRevision     Type = "revision"
	TypeCheckout     Type = "checkout"
	TypeBuild        Type = "build"
	TypeTest         Type = "test"
	TypeIssue        Type = "issue"
	TypeIssueVersion Type = "issue_version"
	TypeIncident     Type = "incident"
)

// types are all types, parents before their children.
var types = []Type{TypeRevision, TypeCheckout, TypeBuild, TypeTest, TypeIssue, TypeIssueVersion, TypeIncident}

// Types returns all types, parents before their children.
func Types() []Type { return slices.Clone(types) }

// kind describes a type.
type kind struct {
	fields   []string // that identify an object
	children []Type
}

var kinds = map[Type]kind{
	TypeRevision:     {[]string{"git_commit_hash", "patchset_hash"}, []Type{TypeCheckout}},
	TypeCheckout:     {[]string{"id"}, []Type{TypeBuild}},
	TypeBuild:        {[]string{"id"}, []Type{TypeTest, TypeIncident}},
	TypeTest:         {[]string{"id"}, []Type{TypeIncident}},
	TypeIssue:        {[]string{"id"}, []Type{TypeIssueVersion}},
	TypeIssueVersion: {[]string{"id", "version_num"}, []Type{TypeIncident}},
	TypeIncident:     {[]string{"id"}, nil},
}

// Known reports whether t is a type of objects.
func (t Type) Known() bool { return kinds[t].fields != nil }

// Fields returns the names of the fields that identify an object of the type. The caller
// must not change the list.
func (t Type) Fields() []string { return kinds[t].fields }

// Children returns the types of the objects directly below objects of the type. The
// caller must not change the list.
func (t Type) Children() []Type { return kinds[t].children }

// Parents returns the types of the objects directly above objects of the type.
func (t Type) Parents() []Type {
	var parents []Type
	for _, p := range types {
		if slices.Contains(kinds[p].children, t) {
			parents = append(parents, p)
		}
	}
	return parents
}

// related returns the types of the children, or those of the parents.
func (t Type) related(child bool) []Type {
	if child {
		return t.Children()
	}
	return t.Parents()
}

// relation returns the word for an object at the end of a step to children or to parents.
func relation(child bool) string {
	if child {
		return "child"
	}
	return "parent"
}
