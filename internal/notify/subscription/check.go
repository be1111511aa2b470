// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"reflect"
	"text/template"
	"text/template/parse"
)

// checker finds fields in templates that the data lacks, in all branches, executed or
// not. A nil type is known only when the template is executed.
type checker struct {
	source *source
	key    string
	words  words
	name   string // of the template that is the text in the file
	set    *template.Template
	root   reflect.Type // of the data
	object reflect.Type // of its Object, which the data may know as an interface only
	done   map[visit]bool
	vars   []variable
}

type visit struct {
	name string
	dot  reflect.Type
}

type variable struct {
	name string
	typ  reflect.Type
}

// check reports the fields that the data lacks.
func (s *source) check(set *template.Template, key, name string, w words, data any, object any) {
	c := &checker{
		source: s, key: key, words: w, name: name, set: set,
		root: reflect.TypeOf(data), object: reflect.TypeOf(object), done: map[visit]bool{},
	}
	c.template(name, c.root)
}

// template checks a template if it is from the file.
func (c *checker) template(name string, dot reflect.Type) {
	t := c.set.Lookup(name)
	at := visit{name, dot}
	if t == nil || t.Tree == nil || t.Tree.ParseName != c.name || c.done[at] {
		return
	}
	c.done[at] = true
	outer := c.vars
	c.vars = []variable{{"$", dot}}
	c.list(t.Tree.Root, dot)
	c.vars = outer
}

// list checks nodes. Their variables end with the list.
func (c *checker) list(list *parse.ListNode, dot reflect.Type) {
	if list == nil {
		return
	}
	before := len(c.vars)
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			c.pipe(n.Pipe, dot)
		case *parse.TemplateNode:
			c.template(n.Name, c.pipe(n.Pipe, dot))
		case *parse.IfNode:
			c.branch(&n.BranchNode, dot, func(reflect.Type) reflect.Type { return dot })
		case *parse.WithNode:
			c.branch(&n.BranchNode, dot, func(t reflect.Type) reflect.Type { return t })
		case *parse.RangeNode:
			c.branch(&n.BranchNode, dot, c.elements(n.Pipe))
		}
	}
	c.vars = c.vars[:before]
}

// branch checks a node with a condition. The function returns the dot of its body.
func (c *checker) branch(n *parse.BranchNode, dot reflect.Type, body func(reflect.Type) reflect.Type) {
	before := len(c.vars)
	c.list(n.List, body(c.pipe(n.Pipe, dot)))
	c.list(n.ElseList, dot)
	c.vars = c.vars[:before]
}

// elements returns a function from the type that a loop iterates over to the type of
// its elements. The variables of the loop get that type too.
func (c *checker) elements(p *parse.PipeNode) func(reflect.Type) reflect.Type {
	return func(t reflect.Type) reflect.Type {
		t = pointee(t)
		var key, element reflect.Type
		if t != nil {
			switch t.Kind() {
			case reflect.Slice, reflect.Array:
				key, element = reflect.TypeFor[int](), t.Elem()
			case reflect.Map:
				key, element = t.Key(), t.Elem()
			}
		}
		for i, v := range p.Decl {
			typ := element
			if i == 0 && len(p.Decl) == 2 {
				typ = key
			}
			c.assign(v.Ident[0], typ)
		}
		return element
	}
}

// assign sets the type of an existing variable.
func (c *checker) assign(name string, t reflect.Type) {
	for i := len(c.vars) - 1; i >= 0; i-- {
		if c.vars[i].name == name {
			c.vars[i].typ = t
			return
		}
	}
}

// pipe checks a pipeline and returns the type of its result.
func (c *checker) pipe(p *parse.PipeNode, dot reflect.Type) (t reflect.Type) {
	if p == nil {
		return nil
	}
	for _, command := range p.Cmds {
		t = nil
		for i, arg := range command.Args {
			if found := c.typeOf(arg, dot); i == 0 {
				t = found
			}
		}
	}
	for _, v := range p.Decl {
		if p.IsAssign {
			c.assign(v.Ident[0], nil) // the assignment may be in one branch only
		} else {
			c.vars = append(c.vars, variable{v.Ident[0], t})
		}
	}
	return t
}

// typeOf returns the type of an argument.
func (c *checker) typeOf(n parse.Node, dot reflect.Type) reflect.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return c.fields(n, dot, n.Ident)
	case *parse.PipeNode:
		return c.pipe(n, dot)
	case *parse.ChainNode:
		return c.fields(n, c.typeOf(n.Node, dot), n.Field)
	case *parse.VariableNode:
		for i := len(c.vars) - 1; i >= 0; i-- {
			if c.vars[i].name == n.Ident[0] {
				return c.fields(n, c.vars[i].typ, n.Ident[1:])
			}
		}
	}
	return nil
}

// fields returns the type of a field of a field, and so on.
func (c *checker) fields(n parse.Node, t reflect.Type, names []string) reflect.Type {
	for _, name := range names {
		if t == nil {
			return nil
		}
		next, found := fieldType(t, name)
		if !found {
			line, column := c.words.position(int(n.Position()))
			if c.words.line == 0 {
				line, column = 0, 0
			}
			c.source.problem(line, column, "%s: {{%s}}: there is no %s in %s%s", c.key, n, name, pointee(t), nearestName(membersOf(t), name))
			return nil
		}
		if t == c.root && name == "Object" {
			next = c.object
		}
		t = next
	}
	return t
}

// fieldType returns the type of a field or a method of a type.
func fieldType(t reflect.Type, name string) (reflect.Type, bool) {
	receiver := t
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		receiver = reflect.PointerTo(t)
	}
	if m, ok := receiver.MethodByName(name); ok {
		if m.Type.NumOut() == 0 {
			return nil, true
		}
		return m.Type.Out(0), true
	}
	switch t = pointee(t); t.Kind() {
	case reflect.Struct:
		f, ok := t.FieldByName(name)
		return f.Type, ok && f.IsExported()
	case reflect.Map:
		return t.Elem(), true
	case reflect.Interface:
		return nil, true // it depends on the value in the interface
	}
	return nil, false
}

// membersOf lists the fields and methods of a type.
func membersOf(t reflect.Type) (names []string) {
	receiver := reflect.PointerTo(pointee(t))
	for m := range receiver.Methods() {
		names = append(names, m.Name)
	}
	if t = pointee(t); t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// pointee returns the type that a pointer points to, or the type itself.
func pointee(t reflect.Type) reflect.Type {
	if t != nil && t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}
