// SPDX-License-Identifier: Apache-2.0

// Package patterns says in SQL what patterns name, once for the drivers whose
// engines read SQL.
//
// A step of a pattern becomes a condition on the rows of its type's table. There
// are two ways to say that a row is related to those of the step before:
//
//	o.build_id IN (SELECT o1.id FROM builds o1 WHERE ...)
//	EXISTS (SELECT 1 FROM builds o1 WHERE o1.id = o.build_id AND ...)
//
// The first finds the rows, by an index, from the few there are before; it is
// what leads on from IDs. The second looks, by an index, at what is before each
// row that was found otherwise; it is what leads back from IDs, and from all
// rows of a table read in the order of their keys.
package patterns

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/object"
)

// Dialect is what the SQL of a database has of its own.
type Dialect struct {
	Tests    string // the table of tests
	Patchset string // the hash of a checkout's patches, "" for none and NULL where it is unknown; %[1]s is the checkout
	// In returns the condition that columns, one or two, have the fields of one of
	// the IDs of objects of a type, which are the parameters from number n on.
	In func(t object.Type, columns []string, n int) string
	// Args returns the IDs as parameters, a list each and not one for each ID.
	Args func(t object.Type, ids []object.ID) []any
}

// Question is what patterns ask of a type, as SQL.
type Question struct {
	// Table has the rows of the type, those of a group's members for a group, that
	// is for a revision or an issue.
	Table string
	// Key is what identifies an object in a row, on the alias "o".
	Key []string
	// Keys selects the keys of the objects, each once.
	Keys string
	// Where is the condition on rows of the table, called "o"; "" where only Keys
	// says it.
	Where string
	// Few: what is asked for is found from a few rows. Otherwise all rows of the
	// table have to be looked at, and Where uses parameters and looks at sets of
	// rows in no case, so that they can be read in pages.
	Few  bool
	Args []any
}

// relation is where the objects of a type are.
type relation struct {
	table, key string
	group      bool // several rows make an object
}

// patchset stands for the dialect's own expression.
const patchset = "(patchset)"

var relations = map[object.Type]relation{
	object.TypeRevision:     {"checkouts", "git_commit_hash " + patchset, true},
	object.TypeCheckout:     {"checkouts", "id", false},
	object.TypeBuild:        {"builds", "id", false},
	object.TypeTest:         {"tests", "id", false},
	object.TypeIssue:        {"issues", "id", true},
	object.TypeIssueVersion: {"issues", "id version", false},
	object.TypeIncident:     {"incidents", "id", false},
}

// references are the columns of children that hold the keys of parents.
var references = map[[2]object.Type]string{
	{object.TypeRevision, object.TypeCheckout}:     "git_commit_hash " + patchset,
	{object.TypeCheckout, object.TypeBuild}:        "checkout_id",
	{object.TypeBuild, object.TypeTest}:            "build_id",
	{object.TypeBuild, object.TypeIncident}:        "build_id",
	{object.TypeTest, object.TypeIncident}:         "test_id",
	{object.TypeIssue, object.TypeIssueVersion}:    "id",
	{object.TypeIssueVersion, object.TypeIncident}: "issue_id issue_version",
}

// Ask returns what those of the patterns that name objects of the type ask for,
// and false where none of them names any.
func (d *Dialect) Ask(t object.Type, all []object.Pattern) (Question, bool) {
	var asked []*object.Pattern
	for i := range all {
		p := &all[i]
		switch {
		case p.Type != t || isNothing(p):
		case p.Base == nil && !p.Some: // everything, and so what the others ask for
			asked = []*object.Pattern{p}
			return d.ask(t, asked), true
		default:
			asked = append(asked, p)
		}
	}
	if len(asked) == 0 {
		return Question{}, false
	}
	return d.ask(t, asked), true
}

func (d *Dialect) ask(t object.Type, asked []*object.Pattern) Question {
	w := writer{dialect: d, parameters: map[list]int{}}
	q := Question{Table: d.table(t), Key: d.columns(relations[t].key, "o"), Few: slices.ContainsFunc(asked, isFew)}
	choice := "SELECT "
	if relations[t].group {
		choice = "SELECT DISTINCT "
	}
	choice += strings.Join(q.Key, ", ") + " FROM " + q.Table + " o WHERE "
	var conditions []string
	for _, p := range asked {
		conditions = append(conditions, w.condition(p, "o", false))
	}
	if q.Few && len(asked) > 1 {
		q.Keys = choice + strings.Join(conditions, " UNION "+choice)
	} else {
		q.Where = strings.Join(conditions, " OR ")
		q.Keys = choice + q.Where
	}
	q.Args = w.args
	return q
}

// isNothing tells whether a pattern names nothing, whatever there is.
func isNothing(p *object.Pattern) bool {
	return p.Some && len(p.IDs) == 0 || p.Base != nil && isNothing(p.Base)
}

// isFew tells whether what a pattern names is to be found from what its first
// steps name. Besides IDs, it is where a step leads up from incidents, which few
// objects have, and where one leads up and the next one down again: looking back
// from each child would look at all its siblings, each time.
func isFew(p *object.Pattern) bool {
	return p.Anchored() || p.Base != nil && (isFew(p.Base) || isBottleneck(p))
}

func isBottleneck(p *object.Pattern) bool {
	return !p.Child && p.Base.Type == object.TypeIncident || p.Child && p.Base.Base != nil && !p.Base.Child
}

// writer writes the conditions of a question.
type writer struct {
	dialect    *Dialect
	aliases    int
	parameters map[list]int
	args       []any
}

// condition returns the condition on a row that it is one of those a pattern
// names. Where the row is found already, by IDs in a later step, it is looked at
// what was before it, for there is more of that than there are such rows.
func (w *writer) condition(p *object.Pattern, alias string, found bool) string {
	key := w.dialect.columns(relations[p.Type].key, alias)
	var all []string
	if p.Type == object.TypeRevision { // other keys are never NULL
		all = append(all, key[0]+" IS NOT NULL", key[1]+" IS NOT NULL")
	}
	if p.Some {
		all = append(all, w.dialect.In(p.Type, key, w.parameter(p)))
	}
	if p.Base != nil {
		all = append(all, w.link(p, alias, found || p.Some))
	}
	if len(all) == 0 {
		return "TRUE"
	}
	return strings.Join(all, " AND ")
}

// ofRevisions returns the condition on a checkout that it is one of the revisions
// with the keys selected. SQLite has no index on the hash of the patches as it is
// understood: comparing both hashes with the query's, it would do the query twice,
// and four times what that begins with if it is another such step.
func (w *writer) ofRevisions(alias string, keys []string, from string) string {
	w.aliases++
	member := w.dialect.columns("id git_commit_hash "+patchset, fmt.Sprintf("o%d", w.aliases))
	return fmt.Sprintf("%s.id IN (SELECT %s FROM (SELECT DISTINCT %s AS h, %s AS p%s) k CROSS JOIN checkouts o%d WHERE %s = k.h AND %s = k.p)",
		alias, member[0], keys[0], keys[1], from, w.aliases, member[1], member[2])
}

// list is a list of IDs by where it is in memory. Patterns have steps in common,
// and with them the lists.
type list struct {
	of    object.Type
	first *object.ID
	size  int
}

// link returns the condition on a row that it is related to one of those that
// the step before names.
func (w *writer) link(p *object.Pattern, alias string, found bool) string {
	// A row of a group is a member of it, too.
	if relations[p.Type].group && !p.Child || relations[p.Base.Type].group && p.Base.Base == nil {
		return w.condition(p.Base, alias, found && !p.Base.Anchored())
	}
	w.aliases++
	before := fmt.Sprintf("o%d", w.aliases)
	ours, theirs := w.dialect.shared(p, alias, before)
	from := " FROM " + w.dialect.table(p.Base.Type) + " " + before + " WHERE "
	if p.Base.Anchored() || !found && isFew(p) {
		from += w.condition(p.Base, before, false)
		if p.Base.Type == object.TypeRevision {
			return w.ofRevisions(alias, theirs, from)
		}
		return row(ours) + " IN (SELECT " + strings.Join(theirs, ", ") + from + ")"
	}
	var same []string
	for i := range ours {
		same = append(same, theirs[i]+" = "+ours[i])
	}
	return "EXISTS (SELECT 1" + from + strings.Join(same, " AND ") + " AND " + w.condition(p.Base, before, found) + ")"
}

// parameter returns the number of the first parameter with the IDs of a step.
func (w *writer) parameter(p *object.Pattern) int {
	l := list{p.Type, &p.IDs[0], len(p.IDs)}
	n, ok := w.parameters[l]
	if !ok {
		n = len(w.args) + 1
		w.args = append(w.args, w.dialect.Args(p.Type, known(p.Type, p.IDs))...)
		w.parameters[l] = n
	}
	return n
}

// shared returns the columns that a step and the one before it have in common.
func (d *Dialect) shared(p *object.Pattern, alias, before string) (ours, theirs []string) {
	if p.Child {
		return d.columns(reference(p.Base.Type, p.Type), alias), d.columns(relations[p.Base.Type].key, before)
	}
	return d.columns(relations[p.Type].key, alias), d.columns(reference(p.Type, p.Base.Type), before)
}

func reference(parent, child object.Type) string {
	columns, ok := references[[2]object.Type{parent, child}]
	if !ok {
		panic(fmt.Sprintf("a pattern leads from %s to %s, which no relation does", parent, child)) // nobody parsed it
	}
	return columns
}

func (d *Dialect) table(t object.Type) string {
	if t == object.TypeTest {
		return d.Tests
	}
	return relations[t].table
}

// columns returns columns of an alias by their names.
func (d *Dialect) columns(names, alias string) (all []string) {
	for _, name := range strings.Fields(names) {
		if name == patchset {
			all = append(all, fmt.Sprintf(d.Patchset, alias))
		} else {
			all = append(all, alias+"."+name)
		}
	}
	return all
}

// row returns columns as a value that can be compared to others of its kind.
func row(columns []string) string {
	if len(columns) == 1 {
		return columns[0]
	}
	return "(" + strings.Join(columns, ", ") + ")"
}
