// SPDX-License-Identifier: Apache-2.0

// Package document has texts that are made of typed blocks, such as a heading, fields
// or a log. A document is written once, and rendered as plain text for mails and
// terminals, and as HTML for pages.
//
// Plain text has at most 72 characters on a line, except for URLs and logs, which are
// never broken. HTML has the same facts in the same order; a link is on the text that it
// belongs to.
//
// The texts in a document must be clean: no control characters, and no line breaks
// except in a Log, a Remark and a Preformatted. Rendering escapes HTML, and links only
// http and https URLs.
package document

import "strings"

// Document is a sequence of blocks.
type Document []Block

// Block is a Verdict, Paragraph, Heading, Fields, List, Log, Remark, Preformatted or
// Signature.
type Block interface {
	writeText(b *strings.Builder)
	// template names the template that renders the block as HTML.
	template() string
}

// Verdict says how it went, in one sentence.
type Verdict struct {
	Status string // FAIL and so on, "" if unknown; the color of the word
	Word   string // begins the sentence: "FAIL", "NOT SEEN"
	Rest   string // of the sentence, with the punctuation or space before it
}

// String returns the sentence.
func (v Verdict) String() string { return v.Word + v.Rest }

// Paragraph is running text.
type Paragraph string

// Heading begins a section.
type Heading string

// Fields are named values.
type Fields []Field

// Field is a name and its values. A field without values is not shown.
type Field struct {
	Name   string
	Values []Value
}

// Value is a text, a link, or a text that links somewhere. It is not shown if both are
// "".
type Value struct {
	Text string
	URL  string
}

// List is a list of items.
type List []Item

// Item is an entry of a list: a title, and lines below it.
type Item struct {
	Status string // comes before the title; "" for none
	Title  Value
	Lines  []Value
}

// Log is the excerpt of a log, and the URL of the whole log. Either may be "".
type Log struct {
	URL  string
	Text string
}

// Remark is a comment of a person, whose line breaks and indentation are kept.
type Remark string

// Preformatted is a text that keeps its form, such as the text of a user's template.
// Plain text has it unchanged. HTML leaves out the blank lines around it.
type Preformatted string

// Signature ends a message: why the reader gets it, and values that explain it. Plain
// text begins it with "-- ", by which mail programs know the end of a message.
type Signature struct {
	Text   string
	Fields Fields
}
