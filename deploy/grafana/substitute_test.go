// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// period is the time range of a page.
type period struct{ from, to time.Time }

// values are the values of variables.
type values map[string]choice

// choice is the value of a variable: the chosen texts, or one text that stands
// for all.
type choice struct {
	texts []string
	all   string
}

// text returns the value of a variable with one text.
func text(s string) choice { return choice{texts: []string{s}} }

var (
	// variableUse matches a variable as Grafana's pages do: $name, [[name]] or
	// ${name:format}.
	variableUse = regexp.MustCompile(`\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}`)
	// macroUse matches a macro as Grafana's server does.
	macroUse = regexp.MustCompile(`\$([_a-zA-Z0-9]+)\(([^)]*)\)`)
)

// substitute returns the SQL that reaches the database: first the page replaces the
// variables, then Grafana's server replaces the macros.
func substitute(t *testing.T, sql string, values values, period period) string {
	t.Helper()
	sql = variableUse.ReplaceAllStringFunc(sql, func(use string) string {
		m := variableUse.FindStringSubmatch(use)
		name, format := m[1]+m[2]+m[4], m[6]
		switch name {
		case "__interval":
			return "1h"
		case "__from":
			return strconv.FormatInt(period.from.UnixMilli(), 10)
		}
		v, ok := values[name]
		if !ok {
			return use // a macro, or an error for PostgreSQL to find
		}
		if v.all != "" {
			return v.all
		}
		return written(t, v.texts, format)
	})
	return macroUse.ReplaceAllStringFunc(sql, func(use string) string {
		m := macroUse.FindStringSubmatch(use)
		from, to := quoted(period.from), quoted(period.to)
		switch m[1] {
		case "__timeFilter":
			return m[2] + " BETWEEN " + from + " AND " + to
		case "__timeFrom":
			return from
		case "__timeTo":
			return to
		case "__timeGroup":
			column, interval, _ := strings.Cut(m[2], ",")
			seconds := map[string]int{"1d": 86400, "1h": 3600}[strings.Trim(interval, " '")]
			if seconds == 0 {
				t.Errorf("the test does not know the interval of %s", use)
			}
			return fmt.Sprintf("floor(extract(epoch from %s)/%d)*%[2]d", column, seconds)
		}
		t.Errorf("there is no macro %s", use)
		return use
	})
}

// quoted returns a time in the form of the macros.
func quoted(t time.Time) string { return t.UTC().Format("'2006-01-02T15:04:05Z'") }

// escapes are what formats of Grafana put for characters of a text. The format sqlstring
// puts a backslash before double quotes, which PostgreSQL takes for a character of the
// string. The format singlequote leaves backslashes as they are, which BigQuery takes for
// the beginning of an escape sequence.
var escapes = map[string]*strings.Replacer{
	"sqlstring":   strings.NewReplacer(`'`, `''`, `"`, `\"`),
	"singlequote": strings.NewReplacer(`'`, `\'`),
}

// written returns texts in a format of Grafana's.
func written(t *testing.T, texts []string, format string) string {
	t.Helper()
	if format == "raw" {
		return strings.Join(texts, ",")
	}
	escape := escapes[format]
	if escape == nil {
		t.Fatalf("the test does not know the format %q", format)
	}
	var all []string
	for _, s := range texts {
		all = append(all, "'"+escape.Replace(s)+"'")
	}
	return strings.Join(all, ",")
}
