// SPDX-License-Identifier: Apache-2.0

package object

import "slices"

// Type is a type of objects, by the name it has in patterns.
type Type string

// The types. An issue version is what reports call an issue; revisions and
// issues have no list of their own in a report.
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

// kind is what is known about a type.
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

// Known tells whether there is such a type.
func (t Type) Known() bool { return kinds[t].fields != nil }

// Fields returns the names of the fields that identify an object of the type.
func (t Type) Fields() []string { return kinds[t].fields }

// Children returns the types of what is directly below objects of the type.
func (t Type) Children() []Type { return kinds[t].children }

// Parents returns the types of what is directly above objects of the type.
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

// relation is what an object is called that a step to children, or to parents,
// leads to.
func relation(child bool) string {
	if child {
		return "child"
	}
	return "parent"
}
