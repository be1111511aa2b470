// SPDX-License-Identifier: Apache-2.0

package result

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// property is a property of an object as it is stored.
type property struct {
	Name  string
	Lines []shell.Link // texts, or links to outside
	Block string       // a text of several lines, such as JSON; cleaned
}

const (
	maxBlock  = 16 << 10 // bytes of a text
	maxListed = 200      // texts or files of a list
)

// stored returns all properties of an object that it has, with the parts.
func stored(o report.Object) []property {
	v := &storedFields{}
	o.VisitFields(v)
	return v.all
}

// storedFields collects the fields of an object. It implements report.FieldVisitor.
type storedFields struct {
	prefix string // of the part that is visited
	all    []property
}

func (v *storedFields) add(name string, lines ...shell.Link) {
	v.all = append(v.all, property{Name: v.prefix + name, Lines: lines})
}

func (v *storedFields) block(name, text string) {
	v.all = append(v.all, property{Name: v.prefix + name, Block: block(text)})
}

// block returns a text of several lines, cleaned and bounded.
func block(text string) string {
	left := len(text) - maxBlock
	if left > 0 {
		cut := maxBlock
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "\n… " + shell.Plural(int64(left), "byte") + " more"
	}
	return describe.Text(text)
}

func (v *storedFields) Text(name string, field *string) {
	switch text := *field; {
	case text == "":
	case strings.HasSuffix(name, "_url") && shell.Outside(text) != "":
		v.add(name, shell.Link{Text: text, URL: text})
	case shell.Line(text) != text:
		v.block(name, text)
	default:
		v.add(name, shell.Link{Text: text})
	}
}

func (v *storedFields) OptText(name string, field **string) {
	switch {
	case *field == nil:
	case name == "log_excerpt":
		v.add(name, shell.Link{Text: shell.Plural(int64(len(**field)), "byte") + ", shown above"})
	default:
		v.Text(name, *field)
	}
}

func (v *storedFields) Timestamp(name string, field **time.Time) { v.OptTime(name, field) }

func (v *storedFields) OptTime(name string, field **time.Time) {
	if *field != nil {
		v.add(name, shell.Link{Text: (*field).UTC().Format(time.RFC3339Nano)})
	}
}

func (v *storedFields) Version(name string, field *int) {
	v.add(name, shell.Link{Text: strconv.Itoa(*field)})
}

func (v *storedFields) Status(name string, field **report.Status) {
	if *field != nil {
		v.add(name, shell.Link{Text: string(**field)})
	}
}

func (v *storedFields) OptBool(name string, field **bool) {
	if *field != nil {
		v.add(name, shell.Link{Text: strconv.FormatBool(**field)})
	}
}

func (v *storedFields) OptFloat(name string, field **float64) { v.Float(name, *field) }

func (v *storedFields) Float(name string, field *float64) {
	if field != nil {
		v.add(name, shell.Link{Text: strconv.FormatFloat(*field, 'g', -1, 64)})
	}
}

func (v *storedFields) Prefix(name string, field **report.Prefix) {
	if *field != nil {
		v.add(name, shell.Link{Text: string(**field)})
	}
}

func (v *storedFields) Texts(name string, field *[]string) {
	var lines []shell.Link
	for _, text := range (*field)[:min(len(*field), maxListed)] {
		lines = append(lines, shell.Link{Text: text})
	}
	v.list(name, lines, len(*field))
}

func (v *storedFields) Resources(name string, field *[]report.Resource) {
	var lines []shell.Link
	for _, file := range (*field)[:min(len(*field), maxListed)] {
		lines = append(lines, shell.Link{Text: file.Name, URL: shell.Outside(file.URL)})
	}
	v.list(name, lines, len(*field))
}

// list adds a list, with the number of values that are left out.
func (v *storedFields) list(name string, lines []shell.Link, n int) {
	if more := n - len(lines); more > 0 {
		lines = append(lines, shell.Link{Text: "and " + shell.Grouped(int64(more)) + " more"})
	}
	if n > 0 {
		v.add(name, lines...)
	}
}

func (v *storedFields) Misc(name string, field *json.RawMessage) {
	if len(*field) == 0 {
		return
	}
	var b bytes.Buffer
	if json.Indent(&b, *field, "", "  ") != nil {
		b.Reset()
		b.Write(*field)
	}
	v.block(name, b.String())
}

func (v *storedFields) Environment(name string, part **report.Environment) { v.part(name, *part) }
func (v *storedFields) Number(name string, part **report.Number)           { v.part(name, *part) }
func (v *storedFields) Culprit(name string, part **report.Culprit)         { v.part(name, *part) }

// part adds the fields of a part, whose names begin with that of the part.
func (v *storedFields) part(name string, of report.Object) {
	v.prefix = name + "."
	of.VisitFields(v)
	v.prefix = ""
}
