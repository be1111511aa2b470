// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/object"
)

// A step of a pattern becomes a condition on the rows of its type's table. There are
// two ways to say that a row is related to a row of the step before:
//
//	o.build_id IN (SELECT o1.id FROM builds o1 WHERE ...)
//	EXISTS (SELECT 1 FROM builds o1 WHERE o1.id = o.build_id AND ...)
//
// The first way starts from the few rows of the step before and finds the others by an
// index. Steps that lead on from IDs use it. The second way looks up, by an index, the
// step before of each row that was found otherwise. Steps that lead back from IDs use
// it, and so do steps back from all rows of a table, read in the order of their keys.

// Question is the SQL for the objects of one type that patterns name.
type Question struct {
	// Table has the rows of the type. For a group, which is a revision or an issue, it
	// has the rows of the group's members.
	Table string
	// Key are the expressions that identify an object in a row "o" of the table.
	Key []string
	// Keys selects the keys of the objects, each once, by the names of their columns.
	Keys string
	// Where is the condition on a row "o" of the table, "" if only Keys has it.
	Where string
	// Few: indexes lead to the objects from a few rows. If false, all rows of the table
	// have to be read. Where has no parameters then and needs no set of rows in advance,
	// so that the table can be read in pages.
	Few  bool
	Args []any
}

// relation is the table of the objects of a type.
type relation struct {
	table, key string
	group      bool // an object is several rows
}

// patchset stands for Dialect.Patchset.
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

// Ask returns the question for the objects of a type that any of the patterns names,
// and false if no pattern names objects of the type.
func Ask(d Dialect, t object.Type, all []object.Pattern) (Question, bool) {
	var asked []*object.Pattern
	for i := range all {
		p := &all[i]
		switch {
		case p.Type != t || isNothing(p):
		case p.Base == nil && !p.ByID: // everything, and with it what the other patterns name
			return ask(d, t, []*object.Pattern{p}), true
		default:
			asked = append(asked, p)
		}
	}
	if len(asked) == 0 {
		return Question{}, false
	}
	return ask(d, t, asked), true
}

func ask(d Dialect, t object.Type, asked []*object.Pattern) Question {
	w := writer{dialect: d, parameters: map[idList]int{}}
	q := Question{Table: typeTable(d, t), Key: keyColumns(d, relations[t].key, "o"), Few: slices.ContainsFunc(asked, isFew)}
	choice := "SELECT "
	if relations[t].group {
		choice = "SELECT DISTINCT "
	}
	choice += strings.Join(q.Key, ", ")
	if t == object.TypeRevision { // the hash may be an expression
		choice += " AS patchset_hash"
	}
	choice += " FROM " + q.Table + " o WHERE "
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

// isNothing reports whether a pattern names nothing in any database.
func isNothing(p *object.Pattern) bool {
	return p.ByID && len(p.IDs) == 0 || p.Base != nil && isNothing(p.Base)
}

// isFew reports whether the objects of a pattern are found from those of its first
// steps. That is so if a step has IDs; if a step leads up from incidents, because few
// objects have incidents; and if a step leads up and the next step down again, because
// looking back from each child would read all its siblings each time.
func isFew(p *object.Pattern) bool {
	return p.Anchored() || p.Base != nil && (isFew(p.Base) || isBottleneck(p))
}

func isBottleneck(p *object.Pattern) bool {
	return !p.Child && p.Base.Type == object.TypeIncident || p.Child && p.Base.Base != nil && !p.Base.Child
}

// writer writes the conditions of a question.
type writer struct {
	dialect    Dialect
	aliases    int
	parameters map[idList]int
	args       []any
}

// condition returns the condition that a pattern names a row. If found is true, IDs in
// a later step find the row. The condition then looks at the steps before that row,
// because these name more rows than the IDs.
func (w *writer) condition(p *object.Pattern, alias string, found bool) string {
	key := keyColumns(w.dialect, relations[p.Type].key, alias)
	var all []string
	if p.Type == object.TypeRevision { // other types have no NULL in their keys
		all = append(all, key[0]+" IS NOT NULL", key[1]+" IS NOT NULL")
	}
	if p.ByID {
		all = append(all, w.dialect.InIDs(p.Type, key, w.parameter(p)))
	}
	if p.Base != nil {
		all = append(all, w.link(p, alias, found || p.ByID))
	}
	if len(all) == 0 {
		return "TRUE"
	}
	return strings.Join(all, " AND ")
}

// ofRevisions returns the condition that a checkout belongs to one of the revisions
// whose keys are selected. SQLite has no index on Dialect.Patchset: if it compared both
// hashes with those of the query, it would run the query twice, and four times the step
// before if that step is of this kind, too.
func (w *writer) ofRevisions(alias string, keys []string, from string) string {
	w.aliases++
	member := keyColumns(w.dialect, "id git_commit_hash "+patchset, fmt.Sprintf("o%d", w.aliases))
	return fmt.Sprintf("%s.id IN (SELECT %s FROM (SELECT DISTINCT %s AS h, %s AS p%s) k CROSS JOIN checkouts o%d WHERE %s = k.h AND %s = k.p)",
		alias, member[0], keys[0], keys[1], from, w.aliases, member[1], member[2])
}

// idList is a list of IDs by its place in memory. Patterns share steps, and so the
// lists of these steps.
type idList struct {
	of    object.Type
	first *object.ID
	size  int
}

// link returns the condition that a row is related to a row that the step before names.
func (w *writer) link(p *object.Pattern, alias string, found bool) string {
	// The row of a group is also the row of a member.
	if relations[p.Type].group && !p.Child || relations[p.Base.Type].group && p.Base.Base == nil {
		return w.condition(p.Base, alias, found && !p.Base.Anchored())
	}
	w.aliases++
	before := fmt.Sprintf("o%d", w.aliases)
	ours, theirs := shared(w.dialect, p, alias, before)
	from := " FROM " + typeTable(w.dialect, p.Base.Type) + " " + before + " WHERE "
	if p.Base.Anchored() || !found && isFew(p) {
		from += w.condition(p.Base, before, false)
		if p.Base.Type == object.TypeRevision {
			return w.ofRevisions(alias, theirs, from)
		}
		return tuple(ours) + " IN (SELECT " + strings.Join(theirs, ", ") + from + ")"
	}
	var same []string
	for i := range ours {
		same = append(same, theirs[i]+" = "+ours[i])
	}
	return "EXISTS (SELECT 1" + from + strings.Join(same, " AND ") + " AND " + w.condition(p.Base, before, found) + ")"
}

// parameter returns the number of the first parameter with the IDs of a step.
func (w *writer) parameter(p *object.Pattern) int {
	l := idList{p.Type, &p.IDs[0], len(p.IDs)}
	n, ok := w.parameters[l]
	if !ok {
		n = len(w.args) + 1
		w.args = append(w.args, w.dialect.IDs(p.Type, possibleIDs(p.Type, p.IDs))...)
		w.parameters[l] = n
	}
	return n
}

// shared returns the columns that relate a row of a step to a row of the step before.
func shared(d Dialect, p *object.Pattern, alias, before string) (ours, theirs []string) {
	if p.Child {
		return keyColumns(d, reference(p.Base.Type, p.Type), alias), keyColumns(d, relations[p.Base.Type].key, before)
	}
	return keyColumns(d, relations[p.Type].key, alias), keyColumns(d, reference(p.Type, p.Base.Type), before)
}

func reference(parent, child object.Type) string {
	columns, ok := references[[2]object.Type{parent, child}]
	if !ok {
		panic(fmt.Sprintf("a pattern leads from %s to %s, which no relation does", parent, child)) // Parse returns no such pattern
	}
	return columns
}

// typeTable returns the name of the table of a type.
func typeTable(d Dialect, t object.Type) string {
	if t == object.TypeTest {
		return d.Tests()
	}
	return relations[t].table
}

// keyColumns returns columns of an alias by their names.
func keyColumns(d Dialect, names, alias string) (all []string) {
	for _, name := range strings.Fields(names) {
		if name == patchset {
			all = append(all, d.Patchset(alias))
		} else {
			all = append(all, alias+"."+name)
		}
	}
	return all
}

// tuple returns columns as one value.
func tuple(columns []string) string {
	if len(columns) == 1 {
		return columns[0]
	}
	return "(" + strings.Join(columns, ", ") + ")"
}
