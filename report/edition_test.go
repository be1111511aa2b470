// SPDX-License-Identifier: Apache-2.0

package report

import (
	"maps"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestEditions: each edition has the properties of its schema, and requires
// the same ones.
func TestEditions(t *testing.T) {
	for _, v := range versions {
		root := compiled[v]()
		s := editions[v]().shapes
		item := func(list string) *jsonschema.Schema {
			if l := root.Properties[list]; l != nil {
				return resolve(l.Items.(*jsonschema.Schema))
			}
			return &jsonschema.Schema{}
		}
		part := func(of *jsonschema.Schema, name string) *jsonschema.Schema {
			if p := of.Properties[name]; p != nil {
				return resolve(p)
			}
			return &jsonschema.Schema{}
		}
		checkout := item("checkouts")
		if v.Major < 4 {
			checkout = item("revisions")
		}
		sameProperties(t, v, "report", s.report, root)
		sameProperties(t, v, "version", s.version, part(root, "version"))
		sameProperties(t, v, "checkout", s.checkout, checkout)
		sameProperties(t, v, "build", s.build, item("builds"))
		sameProperties(t, v, "test", s.test, item("tests"))
		sameProperties(t, v, "environment", s.environment, part(item("tests"), "environment"))
		sameProperties(t, v, "resource", s.resource, resolve(part(item("tests"), "output_files").Items.(*jsonschema.Schema)))
		if v.Compare(Version{4, 1}) >= 0 {
			sameProperties(t, v, "issue", s.issue, item("issues"))
			sameProperties(t, v, "incident", s.incident, item("incidents"))
			sameProperties(t, v, "culprit", s.culprit, part(item("issues"), "culprit"))
		}
		if v.Compare(Version{4, 4}) >= 0 {
			sameProperties(t, v, "number", s.number, part(item("tests"), "number"))
		}
	}
}

func sameProperties[T any](t *testing.T, v Version, name string, s *shape[T], schema *jsonschema.Schema) {
	t.Helper()
	if want := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(slices.Sorted(slices.Values(s.names)), want) {
		t.Errorf("%v: a %s has %q, want %q", v, name, s.names, want)
	}
	var must []string
	for i, name := range s.names {
		if s.required&(1<<i) != 0 {
			must = append(must, name)
		}
	}
	if slices.Sort(must); !slices.Equal(must, slices.Sorted(slices.Values(schema.Required))) {
		t.Errorf("%v: a %s must have %q, want %q", v, name, must, schema.Required)
	}
	if len(s.names) > maxProperties {
		t.Errorf("%v: a %s has %d properties, more than there is room for", v, name, len(s.names))
	}
}
