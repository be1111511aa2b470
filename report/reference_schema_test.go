// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiled has each version's compiled schema. It is compiled at first use, so
// that a command compiles no schema it does not need.
var compiled = func() map[Version]func() *jsonschema.Schema {
	all := make(map[Version]func() *jsonschema.Schema)
	for _, v := range versions {
		all[v] = sync.OnceValue(func() *jsonschema.Schema { return compile(v) })
	}
	return all
}()

func compile(v Version) *jsonschema.Schema {
	c, url := newCompiler(v)
	return c.MustCompile(url)
}

// newCompiler returns a compiler with a version's schema under a URL.
func newCompiler(v Version) (c *jsonschema.Compiler, url string) {
	text, _ := Schema(v)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(fmt.Sprintf("report: schema %v: %v", v, err))
	}
	c = jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	c.UseRegexpEngine(compilePattern)
	c.RegisterFormat(format("email", validEmail[string]))
	c.RegisterFormat(format("uri", validURI[string]))
	c.RegisterFormat(&jsonschema.Format{Name: "date-time", Validate: checkDateTime})
	url = "schema:///v" + v.String() + ".json"
	if err := c.AddResource(url, doc); err != nil {
		panic(fmt.Sprintf("report: schema %v: %v", v, err))
	}
	return c, url
}

// pattern is a regular expression in the schemas' dialect: "$" also matches
// before a final newline.
type pattern struct {
	*regexp.Regexp
	source string
}

func (p pattern) String() string { return p.source }

func compilePattern(source string) (jsonschema.Regexp, error) {
	re, err := regexp.Compile(strings.ReplaceAll(source, "$", `\n?$`))
	return pattern{re, source}, err
}

var (
	errFormat = errors.New("wrong format")
	errYears  = errors.New("outside of the years 1 to 9999") // in UTC, which a schema cannot express
)

func format(name string, valid func(string) bool) *jsonschema.Format {
	return &jsonschema.Format{Name: name, Validate: func(value any) error {
		if s, ok := value.(string); ok && !valid(s) {
			return errFormat
		}
		return nil
	}}
}

func checkDateTime(value any) error {
	s, ok := value.(string)
	switch {
	case !ok:
		return nil
	case !validDateTime(s):
		return errFormat
	case !inYears(parseTime(s)):
		return errYears
	}
	return nil
}

// plainScalar returns a value that is neither object nor array in a form for
// the library that keeps its verdict: a number for which exact arithmetic is
// cheap and agrees with doubles, and half of a surrogate pair as one character.
func plainScalar(value any) any {
	switch value := value.(type) {
	case json.Number:
		return plainNumber(value)
	case string:
		if !utf8.ValidString(value) {
			return cutSurrogates(value)
		}
	}
	return value
}

// cutSurrogates returns s with a replacement character for each half of a
// surrogate pair.
func cutSurrogates(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			size = 3
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

func plainNumber(n json.Number) json.Number {
	if !isFloat(n) {
		return n[:min(len(n), 20)]
	}
	f := toFloat(n)
	switch {
	case !isIntegral(n): // also NaN and infinities
		return "0.5"
	case math.Abs(f) > 1e19:
		return json.Number(strconv.FormatFloat(math.Copysign(1e19, f), 'f', -1, 64))
	}
	return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
}
