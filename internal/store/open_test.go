// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	var opened string
	driver := func(name string) Driver {
		return Driver{Name: name, Help: "\nhelp of " + name + "\n", Open: func(_ context.Context, params Spec) (Sink, error) {
			opened = name + " " + params()
			return nil, errors.ErrUnsupported
		}}
	}
	few := []Driver{driver("sqlite"), driver("json")}
	more := append(few, driver(bigQuery))
	for _, c := range []struct {
		drivers      []Driver
		spec, opened string // opened, or the error
	}{
		{few, "sqlite:a:b c", "sqlite a:b c"},
		{few, "sqlite::memory:", "sqlite :memory:"},
		{few, "json", "json "},
		{few, "json:", "json "},
		{more, "dataset", "bigquery dataset"},
		{more, "bigquery:project.dataset", "bigquery project.dataset"},
		{few, "dataset", `no database driver "dataset", and no driver bigquery, whose data set a word alone would be: the drivers are json, sqlite`},
		{few, "oracle:secret", `no database driver "oracle": the drivers are json, sqlite`},
		{few, "", "the drivers are"},
		{few, ":x", "the drivers are"},
	} {
		opened = ""
		_, err := Open(t.Context(), c.drivers, Fixed(c.spec))
		if opened == "" {
			opened = err.Error()
		}
		if !strings.Contains(opened, c.opened) {
			t.Errorf("%q: %s, want %s", c.spec, opened, c.opened)
		}
	}
	if help := Help(few); !strings.Contains(help, "\nsqlite\n    help of sqlite\n") {
		t.Errorf("the help is %q", help)
	}
}

// TestSpecIsReplaced: a driver gets the new parameters of a specification that is replaced,
// unless it names another driver now.
func TestSpecIsReplaced(t *testing.T) {
	var params Spec
	d := Driver{Name: "sqlite", Open: func(_ context.Context, p Spec) (Sink, error) { params = p; return nil, nil }}
	spec := "sqlite:a"
	if _, err := Open(t.Context(), []Driver{d}, func() string { return spec }); err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{"sqlite:a": "a", "sqlite:b:c": "b:c", "json:x": "a", "": "a"} {
		spec = now
		if got := params(); got != want {
			t.Errorf("%q: %q, want %q", now, got, want)
		}
	}
}
