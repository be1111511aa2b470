// SPDX-License-Identifier: Apache-2.0

package firestoretest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Indexes are the indexes of deploy/google/firestore.indexes.json.
type Indexes struct {
	Indexes []struct {
		CollectionGroup string       `json:"collectionGroup"`
		QueryScope      string       `json:"queryScope"`
		Fields          []IndexField `json:"fields"`
	} `json:"indexes"`
	FieldOverrides []struct {
		CollectionGroup string            `json:"collectionGroup"`
		FieldPath       string            `json:"fieldPath"`
		TTL             bool              `json:"ttl"`
		Indexes         []json.RawMessage `json:"indexes"`
	} `json:"fieldOverrides"`

	mu     sync.Mutex
	needed map[string]bool
}

// IndexField is a field of an index.
type IndexField struct {
	FieldPath   string `json:"fieldPath"`
	Order       string `json:"order"`
	ArrayConfig string `json:"arrayConfig"`
}

// LoadIndexes reads the file.
func LoadIndexes(t testing.TB) *Indexes {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "deploy/google/firestore.indexes.json"))
	if err != nil {
		t.Fatal(err)
	}
	indexes := &Indexes{needed: map[string]bool{}}
	if err := json.Unmarshal(text, indexes); err != nil {
		t.Fatalf("firestore.indexes.json: %v", err)
	}
	return indexes
}

// All returns the indexes, each as a line.
func (x *Indexes) All() (all []string) {
	for _, index := range x.Indexes {
		all = append(all, line(index.CollectionGroup, index.Fields))
	}
	return all
}

func line(collection string, fields []IndexField) string {
	text := collection + ":"
	for _, f := range fields {
		text += " " + f.FieldPath + " " + f.Order + f.ArrayConfig
	}
	return text
}

// used returns the indexes that queries needed.
func (x *Indexes) used() (all []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for index := range x.needed {
		all = append(all, index)
	}
	return all
}

// check returns the error of the service if a query has no index.
func (x *Indexes) check(p *plan) error {
	for _, field := range p.fields() {
		if x.isExempt(p.collection, field) {
			return status.Errorf(codes.FailedPrecondition, "The query requires an index of the field %s of %s, which has none", field, p.collection)
		}
	}
	if p.isSimple() {
		return nil
	}
	for _, index := range x.Indexes {
		if index.CollectionGroup == p.collection && index.QueryScope == "COLLECTION" && p.fits(index.Fields) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.needed[line(index.CollectionGroup, index.Fields)] = true
			return nil
		}
	}
	return status.Errorf(codes.FailedPrecondition, "The query requires an index: %s, equal: %v, order: %v", p.collection, p.equalities(), p.orders)
}

// isExempt reports whether a field has no indexes of its own.
func (x *Indexes) isExempt(collection, field string) bool {
	for _, o := range x.FieldOverrides {
		if o.CollectionGroup == collection && o.FieldPath == field {
			return len(o.Indexes) == 0
		}
	}
	return false
}

// fields returns the fields of a query's conditions and orders.
func (p *plan) fields() (fields []string) {
	for _, c := range p.conditions {
		fields = append(fields, c.Field.FieldPath)
	}
	for _, o := range p.orders {
		fields = append(fields, o.field)
	}
	return fields
}

// equalities returns the fields that equal a value, or contain it.
func (p *plan) equalities() (fields []IndexField) {
	for _, c := range p.conditions {
		switch {
		case isInequality(c):
		case c.Op == firestorepb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:
			fields = append(fields, IndexField{FieldPath: c.Field.FieldPath, ArrayConfig: "CONTAINS"})
		default:
			fields = append(fields, IndexField{FieldPath: c.Field.FieldPath})
		}
	}
	return fields
}

// ordered returns the orders other than by name.
func (p *plan) ordered() []order {
	return slices.DeleteFunc(slices.Clone(p.orders), func(o order) bool { return o.field == nameField })
}

// isSimple reports whether a query needs only the indexes that each field has by itself:
// it has conditions of equality only, or a single field.
func (p *plan) isSimple() bool {
	equal, orders := p.equalities(), p.ordered()
	return len(orders) == 0 || len(orders) == 1 && len(equal) == 0
}

// fits reports whether an index serves the query: it begins with the fields of equality,
// in any order, and goes on with the orders of the query.
func (p *plan) fits(fields []IndexField) bool {
	equal, orders := p.equalities(), p.ordered()
	if len(fields) != len(equal)+len(orders) {
		return false
	}
	for _, want := range equal {
		if !slices.ContainsFunc(fields[:len(equal)], func(f IndexField) bool {
			return f.FieldPath == want.FieldPath && f.ArrayConfig == want.ArrayConfig
		}) {
			return false
		}
	}
	turned := false // an index serves both directions
	for i, o := range orders {
		f := fields[len(equal)+i]
		differs := strings.HasPrefix(f.Order, "DESC") != o.down
		if i == 0 {
			turned = differs
		}
		if f.FieldPath != o.field || differs != turned {
			return false
		}
	}
	return true
}
