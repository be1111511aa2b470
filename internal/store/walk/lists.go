// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// node is an object as a walk sees it: its ID, and its parents, which may be missing.
type node struct {
	id      object.ID
	parents []object.Ref
}

// parent returns the ID of the node's parent of a type.
func (n node) parent(t object.Type) (object.ID, bool) {
	for _, p := range n.parents {
		if p.Type == t {
			return p.ID, true
		}
	}
	return object.ID{}, false
}

// list is a list of a report.
type list interface {
	name() store.List
	// typ returns the type of the list's objects.
	typ() object.Type
	// references are the properties that nodes need.
	references() []string
	// nodes returns the nodes of the objects with their indexes.
	nodes(r *report.Report) iter.Seq2[int, node]
	// add appends object i of a report to another report, with or without its Timestamp.
	add(to, from *report.Report, i int, metadata bool)
}

// lists are all lists, in the order of object.Types.
var lists = []list{
	listOf[report.Checkout]{store.Checkouts, object.TypeCheckout,
		[]string{"id", "git_commit_hash", "patchset_hash", "patchset_files"},
		func(r *report.Report) *[]report.Checkout { return &r.Checkouts },
		func(c *report.Checkout) node {
			n := node{id: object.ID{c.ID}}
			if revision, ok := object.RevisionOf(c); ok {
				n.parents = []object.Ref{revision}
			}
			return n
		},
		func(c *report.Checkout) **time.Time { return &c.Timestamp }},
	listOf[report.Build]{store.Builds, object.TypeBuild,
		[]string{"id", "checkout_id"},
		func(r *report.Report) *[]report.Build { return &r.Builds },
		func(b *report.Build) node {
			return node{object.ID{b.ID}, []object.Ref{object.CheckoutRef(b.CheckoutID)}}
		},
		func(b *report.Build) **time.Time { return &b.Timestamp }},
	listOf[report.Test]{store.Tests, object.TypeTest,
		[]string{"id", "build_id"},
		func(r *report.Report) *[]report.Test { return &r.Tests },
		func(t *report.Test) node {
			return node{object.ID{t.ID}, []object.Ref{object.BuildRef(t.BuildID)}}
		},
		func(t *report.Test) **time.Time { return &t.Timestamp }},
	listOf[report.Issue]{store.Issues, object.TypeIssueVersion,
		[]string{"id", "version"},
		func(r *report.Report) *[]report.Issue { return &r.Issues },
		func(i *report.Issue) node {
			return node{object.IssueVersionRef(i.ID, i.Version).ID, []object.Ref{object.IssueRef(i.ID)}}
		},
		func(i *report.Issue) **time.Time { return &i.Timestamp }},
	listOf[report.Incident]{store.Incidents, object.TypeIncident,
		[]string{"id", "build_id", "test_id", "issue_id", "issue_version"},
		func(r *report.Report) *[]report.Incident { return &r.Incidents },
		func(i *report.Incident) node {
			n := node{object.ID{i.ID}, []object.Ref{object.IssueVersionRef(i.IssueID, i.IssueVersion)}}
			if i.BuildID != nil {
				n.parents = append(n.parents, object.BuildRef(*i.BuildID))
			}
			if i.TestID != nil {
				n.parents = append(n.parents, object.TestRef(*i.TestID))
			}
			return n
		},
		func(i *report.Incident) **time.Time { return &i.Timestamp }},
}

// ofType returns the list of a type's objects, nil for a group.
func ofType(t object.Type) list {
	for _, l := range lists {
		if l.typ() == t {
			return l
		}
	}
	return nil
}

// listOf is a list of objects of type T.
type listOf[T any] struct {
	list  store.List
	kind  object.Type
	refs  []string
	of    func(*report.Report) *[]T
	node  func(*T) node
	stamp func(*T) **time.Time
}

func (l listOf[T]) name() store.List     { return l.list }
func (l listOf[T]) typ() object.Type     { return l.kind }
func (l listOf[T]) references() []string { return l.refs }

func (l listOf[T]) nodes(r *report.Report) iter.Seq2[int, node] {
	return func(yield func(int, node) bool) {
		objects := *l.of(r)
		for i := range objects {
			if !yield(i, l.node(&objects[i])) {
				return
			}
		}
	}
}

func (l listOf[T]) add(to, from *report.Report, i int, metadata bool) {
	objects := l.of(to)
	*objects = append(*objects, (*l.of(from))[i])
	if !metadata {
		*l.stamp(&(*objects)[len(*objects)-1]) = nil
	}
}
