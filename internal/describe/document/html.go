// SPDX-License-Identifier: Apache-2.0

package document

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"
)

//go:embed blocks.html
var blocks string

// templates has a template for each type of block.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("blocks").Funcs(template.FuncMap{
		"links": links, "linkable": linkable, "class": class, "unframed": unframed,
	}).Parse(blocks))
})

// HTML returns the document as HTML. Its elements are <p class="verdict">, <p>, <h2>,
// <dl class="fields">, <ul class="list">, and <pre> with the class log, remark or
// preformatted. A Signature is an <hr>, a <p class="signature"> and a <dl>. A status is in
// a <b> with its name in small letters as class, such as "fail".
func (d Document) HTML() template.HTML {
	var b strings.Builder
	for _, block := range d {
		if err := templates().ExecuteTemplate(&b, block.template(), block); err != nil {
			panic(fmt.Errorf("document: %w", err)) // the templates take any block
		}
	}
	return template.HTML(b.String())
}

// unframed returns a text without the blank lines around it.
func unframed(p Preformatted) string {
	text := strings.TrimRight(string(p), " \t\n")
	blank := len(text) - len(strings.TrimLeft(text, " \t\n"))
	return text[strings.LastIndexByte(text[:blank], '\n')+1:]
}

// class returns the class of a status.
func class(status string) string {
	if status == "" {
		return "unknown"
	}
	return strings.ToLower(status)
}

func (Verdict) template() string   { return "verdict" }
func (Paragraph) template() string { return "paragraph" }
func (Heading) template() string   { return "heading" }
func (Fields) template() string    { return "fields" }
func (List) template() string      { return "list" }
func (Log) template() string       { return "log" }
func (Remark) template() string    { return "remark" }

func (Preformatted) template() string { return "preformatted" }
func (Signature) template() string    { return "signature" }
