// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
)

// watch makes all loops and templates of a set call the hidden functions of
// a walker. The trees are copied, because other sets share them.
func watch(t *template.Template) error {
	for _, one := range t.Templates() {
		if one.Tree == nil {
			continue
		}
		tree := one.Tree.Copy()
		if err := watchList(tree.Root, 0); err != nil {
			return err
		}
		tree.Root.Nodes = append(append([]parse.Node{call("_enter")}, tree.Root.Nodes...), call("_leave"))
		if _, err := t.AddParseTree(one.Name(), tree); err != nil {
			return err
		}
	}
	return nil
}

// watchList does so in nodes that are within some loops. These are few, because
// the library takes seconds to fail within thousands.
func watchList(list *parse.ListNode, loops int) error {
	if list == nil {
		return nil
	}
	for _, n := range list.Nodes {
		var branch *parse.BranchNode
		within := loops
		switch n := n.(type) {
		case *parse.IfNode:
			branch = &n.BranchNode
		case *parse.WithNode:
			branch = &n.BranchNode
		case *parse.RangeNode:
			branch = &n.BranchNode
			if within++; within > maxLoops {
				return fmt.Errorf("more than %d loops within each other", maxLoops)
			}
		default:
			continue
		}
		if err := errors.Join(watchList(branch.List, within), watchList(branch.ElseList, loops)); err != nil {
			return err
		}
		if within > loops {
			branch.List.Nodes = append([]parse.Node{call("_step")}, branch.List.Nodes...)
		}
	}
	return nil
}

// call returns the node that calls a hidden function.
func call(name string) parse.Node {
	trees, err := parse.Parse("hidden", "{{"+name+"}}", "", "", map[string]any{name: true})
	if err != nil {
		panic(err)
	}
	return trees["hidden"].Root.Nodes[0]
}

// walker counts what templates do while they are executed.
type walker struct {
	ctx          context.Context
	steps, depth int
}

// funcs are the hidden functions that all loops and templates call, and those of
// the standard library that could make texts of any length.
func (w *walker) funcs() template.FuncMap {
	return template.FuncMap{
		"_step": w.step, "_enter": w.enter, "_leave": w.leave,
		"printf": printf, "print": limited(fmt.Sprint), "println": limited(fmt.Sprintln),
		"html": limited(template.HTMLEscaper), "js": limited(template.JSEscaper), "urlquery": limited(template.URLQueryEscaper),
	}
}

func (w *walker) step() (string, error) {
	if w.steps++; w.steps > maxSteps {
		return "", beyond("more than %d steps", maxSteps)
	}
	// Asking for the time in each step would take most of the time.
	if w.steps%64 == 1 && w.ctx.Err() != nil {
		if errors.Is(w.ctx.Err(), context.DeadlineExceeded) {
			return "", beyond("it takes more time than there is")
		}
		return "", w.ctx.Err()
	}
	return "", nil
}

func (w *walker) enter() (string, error) {
	if w.depth++; w.depth > maxDepth {
		return "", beyond("more than %d templates within each other", maxDepth)
	}
	return w.step()
}

func (w *walker) leave() string {
	w.depth--
	return ""
}

var errTooLong = beyond("a text longer than %d bytes", maxBody)

// limited lets a function make texts that fit into a mail.
func limited(f func(...any) string) func(...any) (string, error) {
	return func(args ...any) (string, error) {
		text := f(args...)
		if len(text) > maxBody {
			return "", errTooLong
		}
		return text, nil
	}
}

// printf is that of the standard library, for formats that cannot make much of
// little: each verb at most repeats an argument, or is as wide as it says.
func printf(format string, args ...any) (string, error) {
	const verbs, width = 100, 1000
	if strings.Count(format, "%") > verbs {
		return "", fmt.Errorf("more than %d verbs", verbs)
	}
	number := 0
	for _, c := range []byte(format) {
		if c == '*' {
			return "", errors.New("a width that is an argument")
		}
		if c < '0' || c > '9' {
			number = 0
		} else if number = number*10 + int(c-'0'); number > width {
			return "", fmt.Errorf("a number greater than %d", width)
		}
	}
	return limited(func(args ...any) string { return fmt.Sprintf(format, args...) })(args...)
}
