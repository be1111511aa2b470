// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
)

// What rendering a mail may come to.
const (
	maxSubject   = 4 << 10
	maxBody      = 256 << 10
	maxSteps     = 1_000_000 // rounds of loops, and templates begun
	maxDepth     = 100       // templates within templates
	maxRendering = 5 * time.Second
)

// The names of the templates of a subscription among those that it may use.
const (
	subjectName = "_subject"
	bodyName    = "_body"
)

// Render returns the subject and the body of a mail that tells of data. What is
// too long, takes too long or fails is an error. Objects are read from the
// database under the context of their views.
func (s *Subscription) Render(ctx context.Context, data any) (subject, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxRendering)
	defer cancel()
	if subject, err = s.render(ctx, subjectName, maxSubject, data); err != nil {
		return "", "", fmt.Errorf("subject: %w", err)
	}
	if body, err = s.render(ctx, bodyName, maxBody, data); err != nil {
		return "", "", fmt.Errorf("body: %w", err)
	}
	return strings.TrimSpace(oneLine(subject)), body, nil
}

func (s *Subscription) render(ctx context.Context, name string, most int, data any) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	t, err := s.templates.Clone()
	if err != nil {
		return "", err
	}
	out := &bounded{most: most}
	err = t.Funcs((&walker{ctx: ctx}).funcs()).ExecuteTemplate(out, name, data)
	if beyond := limit(""); errors.As(err, &beyond) {
		return "", beyond // where the templates were then is of no interest
	}
	return out.String(), err
}

// limit is the error of templates that went beyond one.
type limit string

func (l limit) Error() string { return string(l) }

func beyond(format string, args ...any) error { return limit(fmt.Sprintf(format, args...)) }

// bounded keeps so much of what is written, and fails when there is more.
type bounded struct {
	strings.Builder
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, beyond("longer than %d bytes", b.most)
	}
	return b.Builder.Write(p)
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

// watch makes all loops and templates of a set call the hidden functions. The
// trees are copied, because other sets share them.
func watch(t *template.Template) error {
	for _, one := range t.Templates() {
		if one.Tree == nil {
			continue
		}
		tree := one.Tree.Copy()
		watchList(tree.Root)
		tree.Root.Nodes = append(append([]parse.Node{call("_enter")}, tree.Root.Nodes...), call("_leave"))
		if _, err := t.AddParseTree(one.Name(), tree); err != nil {
			return err
		}
	}
	return nil
}

func watchList(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.RangeNode:
			watchList(n.List)
			watchList(n.ElseList)
			n.List.Nodes = append([]parse.Node{call("_step")}, n.List.Nodes...)
		case *parse.IfNode:
			watchList(n.List)
			watchList(n.ElseList)
		case *parse.WithNode:
			watchList(n.List)
			watchList(n.ElseList)
		}
	}
}

// call returns the node that calls a hidden function.
func call(name string) parse.Node {
	trees, err := parse.Parse("hidden", "{{"+name+"}}", "", "", map[string]any{name: true})
	if err != nil {
		panic(err)
	}
	return trees["hidden"].Root.Nodes[0]
}
