// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"embed"
	"text/template"

	"github.com/kcidb-go/kcidb/internal/pageurl"
)

//go:embed templates/*.tmpl
var sources embed.FS

// ours are the templates of this package. They are executed, never added to.
var ours = template.Must(template.New("describe").Funcs(functions).ParseFS(sources, "templates/*.tmpl"))

// functions are what templates may call.
var functions = template.FuncMap{
	// texts of reports
	"line":      line,      // a text as a line of its own
	"paragraph": paragraph, // a text as one that may be longer
	"prose":     prose,     // the beginning of a text of several lines
	"excerpt":   excerpt,   // the lines of a log that matter
	"address":   address,   // a URL
	"cut":       func(most int, text string) string { return cut(text, most) },
	"short":     short,

	// layout
	"indent": indent,
	"field":  field,
	"item":   item,
	"wrap":   wrapped,

	// words
	"number": func(n any) (string, error) {
		i, err := integer(n)
		return number(i), err
	},
	"plural": func(n any, one string, many ...string) (string, error) {
		i, err := integer(n)
		return plural(i, one, many...), err
	},
	"duration": duration,
	"date":     date,
	"counts":   counts,
	"measured": measured,
	"several":  func(most int, words []string) string { return several(words, most) },

	// objects
	"link": pageurl.Of,
	"ref":  ref,
	"name": name,
}

// Templates returns the templates, for others to be added to: "summary", the
// object in one line, "description", the whole text, "footer", why somebody is
// told of it; and those they are made of. All are executed with a Data.
//
// Templates may call, besides what text/template has:
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
//	name OBJECT        what people call it
func Templates() *template.Template { return template.Must(ours.Clone()) }
