// SPDX-License-Identifier: Apache-2.0

package public

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

func TestParse(t *testing.T) {
	for list, want := range map[string]string{"": "", " , ": "", "b, a,b": "a,b", "x_1": "x_1"} {
		if p, err := Parse(list); err != nil || p.String() != want {
			t.Errorf("%q: %q, %v", list, p, err)
		}
	}
	for _, list := range []string{"a b", "A", "a:", "a,b;c", "ä"} {
		if p, err := Parse(list); err == nil {
			t.Errorf("%q: %q", list, p)
		}
	}
}

// mixed is a report with objects of a private origin, and objects that refer to them.
func mixed() *report.Report {
	return &report.Report{
		Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}, {ID: "lab:c", Origin: "lab"}},
		Builds:    []report.Build{{ID: "ci:b", Origin: "ci", CheckoutID: "lab:c"}, {ID: "lab:b", Origin: "ci", CheckoutID: "ci:c"}, {ID: "lab2:b", Origin: "lab2", CheckoutID: "ci:c"}},
		Tests:     []report.Test{{ID: "lab:t", Origin: "lab", BuildID: "ci:b"}, {ID: "ci:t", Origin: "lab", BuildID: "ci:b"}},
		Issues:    []report.Issue{{ID: "lab:i", Origin: "lab", Version: 1}, {ID: "ci:i", Origin: "ci", Version: 1}},
		Incidents: []report.Incident{{ID: "ci:n", Origin: "ci", IssueID: "lab:i", IssueVersion: 1, TestID: new("lab:t")}, {ID: "lab:n", Origin: "lab", IssueID: "ci:i", IssueVersion: 1}},
	}
}

// idsOf returns the IDs of the objects of a report.
func idsOf(r *report.Report) (ids []string) {
	for _, o := range r.Checkouts {
		ids = append(ids, o.ID)
	}
	for _, o := range r.Builds {
		ids = append(ids, o.ID)
	}
	for _, o := range r.Tests {
		ids = append(ids, o.ID)
	}
	for _, o := range r.Issues {
		ids = append(ids, o.ID)
	}
	for _, o := range r.Incidents {
		ids = append(ids, o.ID)
	}
	return ids
}

func TestPublicOf(t *testing.T) {
	r := mixed()
	all := idsOf(r)
	if got := idsOf(Private{"lab"}.PublicOf(r)); strings.Join(got, " ") != "ci:c ci:b lab2:b ci:i ci:n" {
		t.Errorf("public are %q", got)
	}
	if !slices.Equal(idsOf(r), all) {
		t.Errorf("the report changed: %q", idsOf(r))
	}
	if got := (Private{"other"}).PublicOf(r); got != r {
		t.Error("a report without private objects is copied")
	}
}

func newStore(t *testing.T) *sqlite.Store {
	t.Helper()
	s := sqlite.OpenMemory(t.Name() + time.Now().String())
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	return s
}

func load(t *testing.T, s store.Store, r *report.Report) {
	t.Helper()
	if _, err := s.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
}

func stored(t *testing.T, s store.Store) (ids []string) {
	t.Helper()
	for r, err := range s.Dump(t.Context(), store.DumpOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, idsOf(r)...)
	}
	return ids
}

// TestRecord changes the private origins of a service, with and without objects.
func TestRecord(t *testing.T) {
	whole, public := newStore(t), newStore(t)
	check := func(p Private, want string) {
		t.Helper()
		switch err := Check(t.Context(), whole, public, p); {
		case err == nil && want != "" || err != nil && (!errors.Is(err, ErrOther) || !strings.HasSuffix(err.Error(), want)):
			t.Errorf("%q: %v, want %q", p, err, want)
		}
	}
	check(Private{"a"}, "")
	check(Private{"lab"}, "") // because both are empty
	load(t, whole, mixed())
	load(t, public, Private{"lab"}.PublicOf(mixed()))
	check(Private{"lab"}, "")
	check(Private{"a", "lab"}, ": it was made for the private origins lab")
	if err := Forget(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	check(Private{"lab"}, ": the service ran without it since it was made")
	if err := Publish(t.Context(), whole, public, Private{"ci"}, func(int) {}); err != nil {
		t.Fatal(err)
	}
	check(Private{"ci"}, "")
	if got := stored(t, public); !slices.Equal(got, []string{"lab:c", "lab2:b", "lab:t", "lab:i", "lab:n"}) {
		t.Errorf("public are %q", got)
	}
}

// TestPublish is interrupted, and repeated.
func TestPublish(t *testing.T) {
	whole, public := newStore(t), newStore(t)
	load(t, whole, mixed())
	ctx, cancel := context.WithCancel(t.Context())
	if err := Publish(ctx, whole, public, Private{"lab"}, func(int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := Check(t.Context(), whole, public, Private{"lab"}); !errors.Is(err, ErrOther) {
		t.Errorf("a half copy: %v", err)
	}
	for range 2 {
		n := 0
		if err := Publish(t.Context(), whole, public, Private{"lab"}, func(objects int) { n += objects }); err != nil || n != 5 {
			t.Errorf("%d objects, %v", n, err)
		}
		if err := Check(t.Context(), whole, public, Private{"lab"}); err != nil {
			t.Error(err)
		}
	}
	if got := stored(t, public); !slices.Equal(got, []string{"ci:c", "ci:b", "lab2:b", "ci:i", "ci:n"}) {
		t.Errorf("public are %q", got)
	}
}

// TestPublishLeavesOthers does not empty a database by mistake.
func TestPublishLeavesOthers(t *testing.T) {
	whole, other := newStore(t), newStore(t)
	load(t, other, mixed())
	if err := Publish(t.Context(), whole, other, Private{"lab"}, func(int) {}); err == nil {
		t.Error("the database was emptied")
	}
	if got := stored(t, other); len(got) != len(idsOf(mixed())) {
		t.Errorf("left are %q", got)
	}
}
