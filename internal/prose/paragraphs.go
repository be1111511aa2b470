// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"reflect"
	"strconv"
	"strings"
)

// A paragraph is text that is read as a whole. Its first line is at line in
// the file, and it has as many line breaks as it has in the file.
type paragraph struct {
	line int
	text string
}

// paragraphs returns the prose in a file, by the kind of file: comments of
// Go, SQL, shell and YAML, Markdown outside code fences, and templates. It
// returns nothing for other kinds and for generated files.
func paragraphs(name string, data []byte) ([]paragraph, error) {
	switch ext := path.Ext(name); {
	case ext == ".go":
		return goParagraphs(name, data)
	case ext == ".md":
		return markdown(data), nil
	case ext == ".tmpl":
		return split(data, func(line string) string { return line }), nil
	case ext == ".sql":
		return split(data, func(line string) string { return textAfter(line, "--") }), nil
	case ext == ".sh", ext == ".yaml", ext == ".yml", ext == ".txtar", ext == ".service", ext == ".target", ext == ".conf", ext == ".sysusers",
		path.Base(name) == "Makefile", path.Base(name) == "Dockerfile", bytes.HasPrefix(data, []byte("#!")):
		return split(data, func(line string) string { return textAfter(line, "#") }), nil
	}
	return nil, nil
}

// goParagraphs returns the comments of a Go file and, unless it is a test,
// its strings of several words: messages, help texts and struct tags.
func goParagraphs(name string, data []byte) ([]paragraph, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, data, parser.ParseComments)
	if err != nil || ast.IsGenerated(file) {
		return nil, err
	}
	var all []paragraph
	for _, group := range file.Comments {
		line := fset.Position(group.Pos()).Line
		source := string(data[fset.Position(group.Pos()).Offset:fset.Position(group.End()).Offset])
		for _, p := range split([]byte(source), func(line string) string {
			line = strings.TrimSpace(line)
			if code, ok := strings.CutPrefix(line, "//\t"); ok && code != "" {
				return "" // an example, not a sentence
			}
			return strings.TrimPrefix(line, "//")
		}) {
			all = append(all, paragraph{line + p.line - 1, p.text})
		}
	}
	if strings.HasSuffix(name, "_test.go") {
		return all, nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok && field.Tag != nil {
			tag, _ := strconv.Unquote(field.Tag.Value)
			line := fset.Position(field.Tag.Pos()).Line
			all = append(all, paragraph{line, reflect.StructTag(tag).Get("doc")}, paragraph{line, reflect.StructTag(tag).Get("description")})
			return false
		}
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, _ := strconv.Unquote(lit.Value)
			if lit.Value[0] == '"' {
				text = strings.ReplaceAll(text, "\n", " ") // a quoted string stands on one line
			}
			if strings.Contains(strings.TrimSpace(text), " ") {
				all = append(all, paragraph{fset.Position(lit.Pos()).Line, text})
			}
		}
		return true
	})
	return all, nil
}

// markdown returns the paragraphs of Markdown, code fences left out.
func markdown(data []byte) []paragraph {
	fenced := false
	return split(data, func(line string) string {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			return ""
		}
		if fenced {
			return ""
		}
		return line
	})
}

// split returns the runs of lines for which prose returns text. A line
// without text ends a paragraph.
func split(data []byte, prose func(line string) string) []paragraph {
	var all []paragraph
	var run []string
	lines := strings.Split(string(data), "\n")
	for i, line := range append(lines, "") {
		text := ""
		if i < len(lines) {
			text = strings.TrimSpace(prose(line))
		}
		if text != "" {
			run = append(run, text)
			continue
		}
		if run != nil {
			all = append(all, paragraph{i + 1 - len(run), strings.Join(run, "\n")})
		}
		run = nil
	}
	return all
}

// textAfter returns the text after a mark that begins the line or stands after
// a space, and "" without a mark.
func textAfter(line, mark string) string {
	if text, ok := strings.CutPrefix(line, mark); ok {
		return text
	}
	_, text, _ := strings.Cut(line, " "+mark+" ")
	return text
}
