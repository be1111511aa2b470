// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Finder is a database that finds objects by their own keys and by the keys of their
// parents. Its methods may be called concurrently, and are called while no other iterator
// of the same operation is open.
type Finder interface {
	// Ready returns nil if the database has the schema that the driver needs, else the
	// error that package store promises. Each operation begins with Ready. So the driver
	// should remember that the database was ready.
	Ready(ctx context.Context) error
	// Find returns the objects of q.List that q selects: merged, each once, in reports
	// with objects of this list only. It has to return each object that q selects, and may
	// return others, such as a child that has another parent since the index was written:
	// this package looks at the objects, and drops those that q does not select. So a
	// driver may read a whole list if that costs less than finding very many keys.
	//
	// The size of the reports is the driver's choice. Find must not hold all objects in
	// memory. If q has more keys than a query of the engine may have, Find asks several
	// queries. Keys of objects that are not there are ignored. If the caller leaves the
	// loop, Find ends its queries.
	Find(ctx context.Context, q Question) iter.Seq2[*report.Report, error]
	// Branch returns the IDs of the checkouts that like.Before, Origin, RepositoryURL and
	// Branch describe: those that started before like.Before, newest first by start and
	// then by ID. "" is equal only to an absent property. Checkouts without a start are left
	// out. The caller often needs only the first few IDs.
	Branch(ctx context.Context, like store.Like) iter.Seq2[string, error]
}

// Question selects objects of one list, and says what is read of them.
type Question struct {
	List store.List
	// All selects all objects of the list. Of is nil then.
	All bool
	// Of selects objects by keys of a type, each key once and in order. It selects an
	// object that one of the types selects:
	//
	//   - the type of the list itself (issue_version for issues): by the object's own key;
	//   - a type of parents: by the object's reference. The parent may be missing.
	//
	// The lists have these types:
	//
	//   - checkouts: checkout; revision, where the key's ID is a git_commit_hash, with any
	//     patch set;
	//   - builds: build; checkout;
	//   - tests: test; build;
	//   - issues: issue_version; issue, where the key's ID is an issue's, with any version;
	//   - incidents: incident; build; test; issue_version.
	//
	// Keys have a Version only for issue_version. All IDs are valid UTF-8 without NUL.
	Of map[object.Type][]store.Key
	// Properties are the names of the properties that the caller needs, as reports name
	// them: "path", "environment" (with all its members), "_timestamp". Others may be
	// absent from the objects, or be there. Nil stands for all. The properties of the
	// object's own key are always there.
	Properties []string
	// Ordered: the objects come in the order of their keys: by the bytes of the ID, then by
	// the version as a number. If false, they come in any order.
	Ordered bool
}

// empty reports whether the question selects nothing.
func (q *Question) empty() bool { return !q.All && len(q.Of) == 0 }
