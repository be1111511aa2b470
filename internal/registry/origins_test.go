// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// signed signs nothing.
func signed(o registry.Origin) (string, registry.Token, error) {
	return "token of " + o.Name, registry.Token{Token: auth.Token{ID: o.Name, Origins: []string{o.Name}, Roles: auth.Roles{auth.Submit}, Expires: o.Expires}}, nil
}

// TestRequests follows requests for tokens from the request to the token.
func TestRequests(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Store) {
		db, ctx := registry.Of(s), t.Context()
		fails := func(step string, err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", step, err, want)
			}
		}
		code, err := db.Request(ctx, "ci", "ci@example.org")
		fails("request", err, nil)
		_, err = db.Request(ctx, "ci", "other@example.org")
		fails("request again", err, registry.ErrTaken)
		_, err = db.Fetch(ctx, code, signed)
		fails("too early", err, registry.ErrUndecided)
		fails("refuse", db.Refuse(ctx, "admin", "ci"), nil)
		fails("refuse again", db.Refuse(ctx, "admin", "ci"), registry.ErrNoRequest)
		_, err = db.Fetch(ctx, code, signed)
		fails("refused", err, registry.ErrRefused)

		code, err = db.Request(ctx, "ci", "new@example.org")
		fails("request after a refusal", err, nil)
		fails("approve", db.Approve(ctx, "", "ci", at(9)), nil)
		fails("approve an unknown origin", db.Approve(ctx, "", "lab", at(9)), registry.ErrNoRequest)
		_, err = db.Fetch(ctx, "wrong", signed)
		fails("wrong code", err, registry.ErrNoRequest)
		text, err := db.Fetch(ctx, code, signed)
		fails("fetch", err, nil)
		_, err = db.Fetch(ctx, code, signed)
		fails("fetch again", err, registry.ErrNoRequest)
		_, err = db.Fetch(ctx, "", signed)
		fails("no code", err, registry.ErrNoRequest)
		_, err = db.Request(ctx, "ci", "thief@example.org")
		fails("request of an approved origin", err, registry.ErrTaken)
		known, found, err := db.Token(ctx, "ci")
		if text != "token of ci" || !found || !known.Expires.Equal(at(9)) || err != nil {
			t.Errorf("%q, %v, %v", text, known, err)
		}

		if _, err := s.Load(ctx, &report.Report{Issues: []report.Issue{{ID: "lab:1", Version: 1, Origin: "lab"}}}, store.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err = db.Request(ctx, "lab", "lab@example.org")
		fails("request of an origin with objects", err, nil)
		all, err := db.Origins(ctx)
		if err != nil || len(all) != 2 {
			t.Fatalf("%v, %v", all, err)
		}
		if o := all[0]; o.Name != "lab" || !o.Present || o.State != registry.Requested {
			t.Errorf("%+v", o)
		}
		if o := all[1]; o.Name != "ci" || o.Contact != "new@example.org" || o.State != registry.Approved || !o.Expires.Equal(at(9)) {
			t.Errorf("%+v", o)
		}
		for i := range 99 {
			_, err := db.Request(ctx, fmt.Sprint("x", i), "x@example.org")
			fails("more requests", err, nil)
		}
		_, err = db.Request(ctx, "last", "x@example.org")
		fails("too many requests", err, registry.ErrManyRequests)
	})
}

// TestContacts: only approved origins have contacts, and an administrator may set that of any
// origin.
func TestContacts(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Store) {
		db, ctx := registry.Of(s), t.Context()
		for _, name := range []string{"asks", "refused"} {
			if _, err := db.Request(ctx, name, name+"@example.org"); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Refuse(ctx, "", "refused"); err != nil {
			t.Fatal(err)
		}
		if all, err := db.Contacts(ctx); err != nil || len(all) != 0 {
			t.Errorf("before: %v, %v", all, err)
		}
		for _, c := range []registry.Contact{{Origin: "asks", Mail: "a@x"}, {Origin: "refused", Mail: "r@x"}, {Origin: "old", Hook: "https://x"}} {
			if err := db.SetContact(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		want := []registry.Contact{{Origin: "old", Hook: "https://x"}, {Origin: "refused", Mail: "r@x"}}
		if all, err := db.Contacts(ctx); err != nil || !slices.Equal(all, want) {
			t.Errorf("%v, %v, want %v", all, err, want)
		}
	})
}
