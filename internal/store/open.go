// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Spec returns the current text of a specification, or of a part of it. A password in it may
// be replaced while the database is open. It returns at once, and may be called concurrently.
type Spec func() string

// Fixed returns the source of a text that stays the same.
func Fixed(text string) Spec { return func() string { return text } }

// Driver opens databases of one kind.
type Driver struct {
	// Name is the first word of a specification, such as "sqlite".
	Name string
	// Help explains in a few lines the parameters after the name and its colon, says
	// when to use the driver, and gives an example.
	Help string
	// Open opens the database that params describes, the specification after the first
	// colon. It creates nothing that outlives the database: Init does that. Errors name
	// the database, without passwords. Later connections use the user and the password
	// that params has then.
	Open func(ctx context.Context, params Spec) (Sink, error)
}

// bigQuery is the driver for a specification of one word that names no driver.
const bigQuery = "bigquery"

// Open opens the database that the specification describes, with one of the
// drivers given. A specification is DRIVER or DRIVER:PARAMS. A word that names
// no driver is the name of a BigQuery data set.
func Open(ctx context.Context, drivers []Driver, spec Spec) (Sink, error) {
	name, params, found := strings.Cut(spec(), ":")
	if name == "" {
		return nil, fmt.Errorf("no database given: a specification is DRIVER or DRIVER:PARAMS; the drivers are %s", names(drivers))
	}
	if d, ok := driver(drivers, name); ok {
		return d.Open(ctx, func() string {
			if now, text, _ := strings.Cut(spec(), ":"); now == name {
				return text
			}
			return params
		})
	}
	if found {
		return nil, fmt.Errorf("no database driver %q: the drivers are %s", name, names(drivers))
	}
	if d, ok := driver(drivers, bigQuery); ok {
		return d.Open(ctx, Fixed(name))
	}
	return nil, fmt.Errorf("no database driver %q, and no driver %s, whose data set a word alone would be: the drivers are %s",
		name, bigQuery, names(drivers))
}

// Help returns the help of all drivers, as the flag --database-help prints it.
func Help(drivers []Driver) string {
	var b strings.Builder
	b.WriteString("A database is given as DRIVER or DRIVER:PARAMS. The drivers:\n")
	for _, d := range drivers {
		fmt.Fprintf(&b, "\n%s\n", d.Name)
		for line := range strings.Lines(strings.TrimSpace(d.Help) + "\n") {
			b.WriteString("    " + line)
		}
	}
	return b.String()
}

func driver(drivers []Driver, name string) (Driver, bool) {
	i := slices.IndexFunc(drivers, func(d Driver) bool { return d.Name == name })
	if i < 0 {
		return Driver{}, false
	}
	return drivers[i], true
}

func names(drivers []Driver) string {
	var all []string
	for _, d := range drivers {
		all = append(all, d.Name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
