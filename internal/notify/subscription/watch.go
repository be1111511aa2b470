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

// watch adds calls of the hidden functions of a walker to all loops and templates of a
// set. It copies the trees, because other sets share them.
func watch(t *template.Template) error {
	for _, member := range t.Templates() {
		if member.Tree == nil {
			continue
		}
		tree := member.Tree.Copy()
		if err := watchList(tree.Root, 0); err != nil {
			return err
		}
		tree.Root.Nodes = append(append([]parse.Node{call("_enter")}, tree.Root.Nodes...), call("_leave"))
		if _, err := t.AddParseTree(member.Name(), tree); err != nil {
			return err
		}
	}
	return nil
}

// watchList adds the calls to nodes within loops. It limits nested loops, because the
// library takes seconds to fail within thousands of them.
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

// call returns a node that calls a hidden function.
func call(name string) parse.Node {
	trees, err := parse.Parse("hidden", "{{"+name+"}}", "", "", map[string]any{name: true})
	if err != nil {
		panic(err)
	}
	return trees["hidden"].Root.Nodes[0]
}

// walker counts the steps of templates while they are executed, and notes the documents
// that they print.
type walker struct {
	ctx          context.Context
	steps, depth int
	out          *bounded // what the templates printed; nil while the templates are checked
	printed      []printed
}

// funcs returns the hidden functions that all loops and templates call, and
// replacements of the standard functions that could make texts of any length.
func (w *walker) funcs() template.FuncMap {
	return template.FuncMap{
		"_step": w.step, "_enter": w.enter, "_leave": w.leave, "_blocks": w.blocks,
		"printf": printf, "print": limited(fmt.Sprint), "println": limited(fmt.Sprintln),
		"html": limited(template.HTMLEscaper), "js": limited(template.JSEscaper), "urlquery": limited(template.URLQueryEscaper),
	}
}

func (w *walker) step() (string, error) {
	if w.steps++; w.steps > maxSteps {
		return "", limitError("more than %d steps", maxSteps)
	}
	// Checking the context in each step would take most of the time.
	if w.steps%64 == 1 && w.ctx.Err() != nil {
		if errors.Is(w.ctx.Err(), context.DeadlineExceeded) {
			return "", limitError("it takes more time than there is")
		}
		return "", w.ctx.Err()
	}
	return "", nil
}

func (w *walker) enter() (string, error) {
	if w.depth++; w.depth > maxDepth {
		return "", limitError("more than %d templates within each other", maxDepth)
	}
	return w.step()
}

func (w *walker) leave() string {
	w.depth--
	return ""
}

var errTooLong = limitError("a text longer than %d bytes", maxBody)

// limited returns a function that fails if its text does not fit into a mail.
func limited(f func(...any) string) func(...any) (string, error) {
	return func(args ...any) (string, error) {
		text := f(args...)
		if len(text) > maxBody {
			return "", errTooLong
		}
		return text, nil
	}
}

// printf is the standard function, with limits on its format: each verb writes an
// argument once, or is as wide as the format says.
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
