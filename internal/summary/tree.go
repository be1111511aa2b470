// SPDX-License-Identifier: Apache-2.0

package summary

import (
	"iter"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/report"
)

// Tree is the tree of the dotted paths of tests, with counts at each node. The zero value
// is an empty tree.
type Tree struct{ root Node }

// Node is a path, or the beginning of one, up to a dot.
type Node struct {
	Name     string  // the last component of Path; "" for the root
	Path     string  // "" for the root
	Own      Counts  // of the tests with exactly this path; nil without such tests
	All      Counts  // of these tests and all below; nil without tests
	Children []*Node // by name
}

// Add adds n tests of a status with a path, which may be "". They count at the node of
// the path and at all nodes above it.
func (t *Tree) Add(path string, status report.Status, n int64) {
	if n == 0 {
		return
	}
	node := &t.root
	increase(&node.All, status, n)
	for name, upTo := range components(path) {
		node = node.child(name, upTo)
		increase(&node.All, status, n)
	}
	increase(&node.Own, status, n)
}

func increase(c *Counts, status report.Status, n int64) {
	if *c == nil {
		*c = Counts{}
	}
	(*c)[status] += n
}

// child returns the child with a name, and adds it if necessary.
func (n *Node) child(name, path string) *Node {
	i, ok := n.search(name)
	if !ok {
		n.Children = slices.Insert(n.Children, i, &Node{Name: name, Path: path})
	}
	return n.Children[i]
}

func (n *Node) search(name string) (int, bool) {
	return slices.BinarySearchFunc(n.Children, name, func(c *Node, name string) int { return strings.Compare(c.Name, name) })
}

// components yields each component of a dotted path, and the path up to the end of
// the component. The empty path has none.
func components(path string) iter.Seq2[string, string] {
	return func(yield func(name, upTo string) bool) {
		for start := 0; path != ""; {
			end := len(path)
			if dot := strings.IndexByte(path[start:], '.'); dot >= 0 {
				end = start + dot
			}
			if !yield(path[start:end], path[:end]) || end == len(path) {
				return
			}
			start = end + 1
		}
	}
}

// Root returns the node above all others. Add changes the nodes; a caller must not.
func (t *Tree) Root() *Node { return &t.root }

// Find returns the node of a path, nil if no test is at or below it.
func (t *Tree) Find(path string) *Node {
	node := &t.root
	for name := range components(path) {
		i, found := node.search(name)
		if !found {
			return nil
		}
		node = node.Children[i]
	}
	return node
}

// Status returns the worst status at the node or below.
func (n *Node) Status() report.Status { return n.All.Status() }

// Walk returns the node and the nodes below it, parents before children, by name, down to
// depth levels below the node, or to the end if depth is negative.
func (n *Node) Walk(depth int) iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.walk(depth, yield) }
}

func (n *Node) walk(depth int, yield func(*Node) bool) bool {
	if !yield(n) {
		return false
	}
	if depth == 0 {
		return true
	}
	for _, c := range n.Children {
		if !c.walk(depth-1, yield) {
			return false
		}
	}
	return true
}

// Collapse returns the fewest nodes that show all statuses, in the order of Walk. A node
// stands for all nodes below it if all their tests have the same status. Otherwise, a node
// with tests of its own stands for these tests, Own, and the nodes below follow.
func (n *Node) Collapse() iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.collapse(yield) }
}

func (n *Node) collapse(yield func(*Node) bool) bool {
	if len(n.All) <= 1 || n.Own != nil {
		if len(n.All) > 0 && !yield(n) {
			return false
		}
		if len(n.All) <= 1 {
			return true
		}
	}
	for _, c := range n.Children {
		if !c.collapse(yield) {
			return false
		}
	}
	return true
}
