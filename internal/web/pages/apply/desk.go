// SPDX-License-Identifier: Apache-2.0

// Package apply lets an origin ask for a token, and an administrator decide: pages for
// people, and the same for programs.
//
// A request gets a code once. When an administrator has approved the request, the code
// fetches a token, once: the service signs the token then, and forgets the code.
package apply

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/mail"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

// Desk takes requests for tokens. All fields must be set. Its methods may be called
// concurrently.
type Desk struct {
	Registry *registry.DB
	Auth     *auth.Checker // with keys that sign
	Log      *slog.Logger
	Now      func() time.Time

	once   sync.Once
	quotas *front.Rates[netip.Addr]
}

// perHour is the number of requests that an address may send in an hour.
const perHour = 5

// take counts a request of an address. It returns false if there were too many.
func (d *Desk) take(from netip.Addr) bool {
	d.once.Do(func() { d.quotas = front.NewRates[netip.Addr](perHour/time.Hour.Seconds(), perHour) })
	return d.quotas.Take(from, d.Now()) == 0
}

const (
	maxName    = 64
	maxContact = 200
	// TokenDays is how long a token is valid unless the administrator says otherwise.
	TokenDays = 365
)

// fault is a mistake in a request, for its sender.
type fault struct {
	status int
	text   string
}

func (f *fault) Error() string { return f.text }

// faultOf returns what the sender of a request may know of an error; nil if that is nothing.
func faultOf(err error) *fault {
	if f, is := errors.AsType[*fault](err); is {
		return f
	}
	for known, status := range map[error]int{
		registry.ErrTaken: http.StatusConflict, registry.ErrManyRequests: http.StatusTooManyRequests, registry.ErrNoRequest: http.StatusNotFound,
		registry.ErrUndecided: http.StatusConflict, registry.ErrRefused: http.StatusForbidden,
	} {
		if errors.Is(err, known) {
			return &fault{status, known.Error()}
		}
	}
	return nil
}

// Request notes that an origin asks for a token, and returns the code that fetches the token.
func (d *Desk) Request(ctx context.Context, from netip.Addr, name, contact string) (code string, err error) {
	address, err := mail.ParseAddress(contact)
	switch {
	case !auth.IsOrigin(name) || len(name) > maxName:
		return "", &fault{http.StatusBadRequest, "The name of an origin has lower-case letters, digits and underscores, at most 64"}
	case err != nil || len(contact) > maxContact || strings.ContainsAny(contact, "\r\n"):
		return "", &fault{http.StatusBadRequest, "The contact is not a mail address"}
	case !d.take(from):
		return "", &fault{http.StatusTooManyRequests, "Too many requests came from your address: try again in an hour"}
	}
	if code, err = d.Registry.Request(ctx, name, address.Address); err != nil {
		return "", err
	}
	d.Log.InfoContext(ctx, "an origin asks for a token", "origin", name, "contact", address.Address, "from", from.String())
	return code, nil
}

// Fetch returns the token of an approved request.
func (d *Desk) Fetch(ctx context.Context, code string) (string, error) {
	var id, origin string
	text, err := d.Registry.Fetch(ctx, strings.TrimSpace(code), func(o registry.Origin) (string, registry.Token, error) {
		t := registry.Token{
			Token: auth.Token{Origins: []string{o.Name}, Roles: auth.Roles{auth.Submit}, Expires: o.Expires},
			Note:  "requested by " + o.Contact, Created: d.Now(),
		}
		text, err := d.Auth.Keys().Sign(t.Token, t.Created)
		t.ID = auth.ID(text)
		id, origin = t.ID, o.Name
		return text, t, err
	})
	if err != nil {
		return "", err
	}
	d.Log.InfoContext(ctx, "an origin fetched its token", "origin", origin, "token", id)
	return text, nil
}

// decide approves or refuses the request of an origin, for an administrator.
func (d *Desk) decide(ctx context.Context, admin auth.Token, name string, approve bool) (err error) {
	if approve {
		err = d.Registry.Approve(ctx, admin.ID, name, d.Now().Add(TokenDays*24*time.Hour).Truncate(time.Second))
	} else {
		err = d.Registry.Refuse(ctx, admin.ID, name)
	}
	if err == nil {
		d.Log.InfoContext(ctx, "an administrator decided about an origin", "origin", name, "approved", approve, "token", admin.ID)
	}
	return err
}
