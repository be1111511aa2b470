// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"strings"
)

const (
	// Width is the most characters on a line of plain text.
	Width = 72

	valueColumn = 14 // begins the values of fields
	lineColumn  = 6  // begins the lines of an item, and the title goes on here
	titleColumn = 2  // begins the title of an item
)

// Text returns the document as plain text.
func (d Document) Text() string {
	var b strings.Builder
	for _, block := range d {
		block.writeText(&b)
	}
	return b.String()
}

// String returns the document as plain text, for templates.
func (d Document) String() string { return d.Text() }

func (v Verdict) writeText(b *strings.Builder) { b.WriteString(Wrap(v.String()) + "\n") }

func (p Paragraph) writeText(b *strings.Builder) { b.WriteString(Wrap(string(p)) + "\n") }

func (h Heading) writeText(b *strings.Builder) { b.WriteString("\n" + Wrap(string(h)) + "\n") }

func (f Fields) writeText(b *strings.Builder) {
	b.WriteByte('\n')
	for _, field := range f {
		field.writeText(b)
	}
}

// Text returns lines "NAME: VALUE". Values are below each other, and so are the lines
// of a long value.
func (f Field) Text() string {
	var b strings.Builder
	f.writeText(&b)
	return b.String()
}

func (f Field) writeText(b *strings.Builder) {
	label := f.Name + ":"
	for _, value := range f.Values {
		for _, text := range value.texts() {
			for _, line := range WrapLines(text, Width-valueColumn) {
				fmt.Fprintf(b, "%-*s%s\n", valueColumn, label, line)
				label = ""
			}
		}
	}
}

// texts returns the text and the URL, unless they are "".
func (v Value) texts() []string {
	var texts []string
	for _, text := range []string{v.Text, v.URL} {
		if text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

func (l List) writeText(b *strings.Builder) {
	b.WriteByte('\n')
	for _, item := range l {
		item.writeText(b)
	}
}

// Text returns the lines of the item: the title, its lines, and the URL of the title.
func (i Item) Text() string {
	var b strings.Builder
	i.writeText(&b)
	return b.String()
}

func (i Item) writeText(b *strings.Builder) {
	title := i.Title.Text
	if i.Status != "" {
		title = i.Status + ": " + title
	}
	texts := Value{Text: title}.texts()
	for _, line := range i.Lines {
		texts = append(texts, line.texts()...)
	}
	column := titleColumn
	for _, text := range append(texts, Value{URL: i.Title.URL}.texts()...) {
		for _, line := range WrapLines(text, Width-lineColumn) {
			fmt.Fprintf(b, "%*s%s\n", column, "", line)
			column = lineColumn
		}
	}
}

func (l Log) writeText(b *strings.Builder) {
	if l.URL != "" {
		b.WriteString("  " + l.URL + "\n")
	}
	if l.Text != "" {
		b.WriteString("\n" + Indent(4, l.Text) + "\n")
	}
}

func (r Remark) writeText(b *strings.Builder) { b.WriteString("\n" + Indent(2, string(r)) + "\n") }

func (p Preformatted) writeText(b *strings.Builder) { b.WriteString(string(p)) }

func (s Signature) writeText(b *strings.Builder) {
	b.WriteString("-- \n" + Wrap(s.Text) + "\n")
	for _, field := range s.Fields {
		field.writeText(b)
	}
}
