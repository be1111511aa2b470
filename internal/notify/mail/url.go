// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Target is a mail server.
type Target struct {
	Host string // a name or an IP address
	Port int
	User string // "" for no authentication
	// Implicit: the connection starts with TLS (smtps).
	Implicit bool
	// StartTLS is "never", "always" or "offered"; "" if Implicit.
	StartTLS string
}

// When a connection that starts without TLS switches to TLS.
const (
	startNever   = "never"
	startAlways  = "always"  // or the delivery fails; the default
	startOffered = "offered" // if the server offers it; the default for a server on this host
)

// ParseURL reads the URL of a mail server:
//
//	smtp://[USER@]HOST[:PORT][?starttls=never|always]
//	smtps://[USER@]HOST[:PORT]
//
// The port is 465 with smtps, 587 with a user, and otherwise 25, unless the URL has
// one. The URL must not contain a password, and no error shows a password in it.
func ParseURL(text string) (Target, error) {
	u, err := url.Parse(text)
	if err != nil {
		// The error has the text in it, and so perhaps a password.
		return Target{}, errors.New("the mail server's URL is not a URL")
	}
	t := Target{Host: strings.TrimSuffix(u.Hostname(), "."), User: u.User.Username()}
	switch u.Scheme {
	case "smtp":
		t.Port = 25
		if t.User != "" {
			t.Port = 587
		}
	case "smtps":
		t.Implicit, t.Port = true, 465
	default:
		return Target{}, errors.New("the mail server's URL must start with smtp:// or smtps://")
	}
	if _, is := u.User.Password(); is {
		return Target{}, errors.New("the mail server's URL has a password in it, which belongs into a setting of its own")
	}
	if u.User != nil && t.User == "" || strings.ContainsFunc(t.User, unwanted) {
		return Target{}, errors.New("the user in the mail server's URL is invalid")
	}
	if t.Host == "" || len(t.Host) > 253 || strings.ContainsFunc(t.Host, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return Target{}, errors.New("the mail server's URL has no valid host")
	}
	if port := u.Port(); port != "" {
		if t.Port, err = strconv.Atoi(port); err != nil || t.Port < 1 || t.Port > 65535 {
			return Target{}, fmt.Errorf("the mail server's port %s is not between 1 and 65535", shortText(port))
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return Target{}, errors.New("the mail server's URL has a colon and no port after it")
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" || u.Opaque != "" {
		return Target{}, errors.New("the mail server's URL has something behind the host")
	}
	return t, t.options(u.RawQuery)
}

// options reads the part after the question mark.
func (t *Target) options(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return errors.New("what follows the ? in the mail server's URL cannot be read")
	}
	for key, values := range query {
		switch {
		case key != "starttls":
			return fmt.Errorf("the mail server's URL has an option %q; there is only starttls", shortText(key))
		case t.Implicit:
			return errors.New("starttls is not for smtps://, which has TLS from the start")
		case len(values) != 1 || values[0] != startNever && values[0] != startAlways:
			return errors.New("starttls in the mail server's URL is neither never nor always")
		}
		t.StartTLS = values[0]
	}
	switch {
	case t.Implicit || t.StartTLS != "":
	case t.Loopback():
		t.StartTLS = startOffered
	default:
		t.StartTLS = startAlways
	}
	if t.StartTLS == startNever && t.User != "" && !t.Loopback() {
		return errors.New("starttls=never with a user would show the password to the network")
	}
	return nil
}

// Loopback reports whether the server is on this host, by its name.
func (t *Target) Loopback() bool {
	if strings.EqualFold(t.Host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(t.Host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Address returns HOST:PORT.
func (t *Target) Address() string { return net.JoinHostPort(t.Host, strconv.Itoa(t.Port)) }
