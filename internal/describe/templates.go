// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"strings"
	"sync"
	"text/template"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// standard are the templates that users' templates may call and redefine. They print
// documents through _blocks, so that the renderer of a mail knows which part of the text
// is a document.
var standard = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("describe").Funcs(functions).Parse(
		`{{define "summary"}}{{.Summary}}{{end}}{{define "description"}}{{_blocks .Description}}{{end}}{{define "footer"}}{{_blocks .Footer}}{{end}}`))
})

// functions are the functions that templates may call.
var functions = template.FuncMap{
	// texts of reports
	"line":      line,
	"paragraph": paragraph,
	"prose":     prose,
	"excerpt":   excerpt,
	"address":   address,
	"cut":       func(n int, text string) string { return document.Cut(text, n) },
	"short":     shortHash,

	// layout
	"indent": document.Indent,
	"field":  field,
	"item":   item,
	"wrap":   document.Wrap,

	// words
	"number": func(n any) (string, error) {
		i, err := integer(n)
		return verdict.Number(i), err
	},
	"plural": func(n any, singular string, irregular ...string) (string, error) {
		i, err := integer(n)
		return plural(i, singular, irregular...), err
	},
	"duration": duration,
	"date":     date,
	"counts":   counts,
	"measured": measured,
	"several":  func(most int, words []string) string { return listWords(words, most) },

	"_blocks": func(d document.Document) document.Document { return d }, // replaced by package subscription

	// objects
	"link": pageurl.Of,
	"ref":  ref,
	"name": name,
}

// Templates returns a copy of the standard templates, to add users' templates to:
// "summary", the object in one line; "description", the whole text; and "footer", why
// the subscriber gets the message. All are executed with a *Data.
//
// Templates may call these functions in addition to those of text/template:
//
//	line TEXT          a text of a report as one line of 200 characters at most
//	paragraph TEXT     the same, of 1,000 characters
//	prose TEXT         its first 40 lines, and 4 KB
//	excerpt LOG        the lines of a log that matter, 30 at most
//	address URL        a URL of a report
//	cut N TEXT         at most N characters of a text
//	short HASH         the first 12 characters
//	indent N TEXT      a text with N spaces before each line
//	field NAME VALUE...  "NAME: VALUE" and a newline, nothing for no value
//	item TEXT...       an entry of a list, on lines of its own
//	wrap TEXT          a text with its lines broken at 72 characters
//	number N           5,310
//	plural N WORD      "1 test", "12 tests"; the plural may be given behind it
//	duration D         "3 min 20 s"
//	date TIME          "2026-01-10 10:00 UTC", "" for none
//	counts COUNTS      "5,310: 12 FAIL, 5,298 PASS"
//	measured NUMBER    "1.25 GB/s"
//	several N WORDS    "a, b and 3 more", with N words at most
//	link BASE REF      the URL of an object's page, as pageurl.Of returns it
//	ref OBJECT         its reference
//	name OBJECT        the name that people use for it
func Templates() *template.Template { return template.Must(standard().Clone()) }

// field returns lines "NAME: VALUE", and "" without a value. A value is a list of texts,
// or anything that fmt prints.
func field(name string, values ...any) string {
	f := document.Field{Name: name}
	for _, value := range values {
		switch value := value.(type) {
		case []string:
			f.Values = append(f.Values, plainValues(value)...)
		case []document.Value:
			f.Values = append(f.Values, value...)
		default:
			f.Values = append(f.Values, plainValues(strings.Split(fmt.Sprint(value), "\n"))...)
		}
	}
	return f.Text()
}

// item returns the lines of an entry of a list. It leaves out empty texts.
func item(texts ...string) string { return document.Item{Lines: plainValues(texts)}.Text() }
