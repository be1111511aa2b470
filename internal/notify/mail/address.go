// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

// Address is a mail address, and the name of its owner.
type Address struct {
	Name string // "" for none
	Addr string // LOCAL@DOMAIN
}

// String returns the address as a header shows it.
func (a Address) String() string { return a.header().String() }

// The most characters of an address, of its part before the @, and of a name.
const (
	maxAddress = 254
	maxLocal   = 64
	maxName    = 128
)

var (
	localPart = lazyregexp.New(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~` + "`" + `-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~` + "`" + `-]+)*$`)
	label     = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	number    = lazyregexp.New(`^[0-9]+$`)
)

// ParseAddress reads one address, "LOCAL@DOMAIN" or "NAME <LOCAL@DOMAIN>". It refuses
// syntax that servers are known to read differently: quotes before the @, comments,
// groups, numeric hosts, and letters beyond ASCII outside the name. The error tells the
// author of the address about the mistake. The domain becomes lower case.
func ParseAddress(text string) (Address, error) {
	if strings.TrimSpace(text) == "" {
		return Address{}, errors.New("the address is empty")
	}
	if strings.ContainsFunc(text, unwanted) {
		return Address{}, errors.New("the address has a control character or broken UTF-8")
	}
	if err := checkPlain(text); err != nil {
		return Address{}, err
	}
	if !strings.Contains(text, "@") {
		return Address{}, fmt.Errorf("%q is not an address: it has no @", shortText(text))
	}
	a, err := mail.ParseAddress(text)
	if err != nil {
		return Address{}, fmt.Errorf("%q is not an address: %s", shortText(text), strings.TrimPrefix(err.Error(), "mail: "))
	}
	at := strings.LastIndexByte(a.Address, '@')
	addr := a.Address[:at+1] + strings.ToLower(a.Address[at+1:])
	if err := checkAddr(addr); err != nil {
		return Address{}, err
	}
	return Address{Name: line(a.Name, maxName), Addr: addr}, nil
}

// checkPlain refuses syntax that goes beyond a name and an address.
func checkPlain(text string) error {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ':' || c == ';':
			return fmt.Errorf("%q: a group of addresses, or an address with %q, is not taken", shortText(text), c)
		case c == ',':
			return fmt.Errorf("%q is more than one address", shortText(text))
		case c == '(':
			return fmt.Errorf("%q: a comment in parentheses is not taken; write NAME <ADDRESS>", shortText(text))
		case c == '[':
			return fmt.Errorf("%q: a numeric host is not taken", shortText(text))
		}
	}
	return nil
}

// checkAddr returns an error unless the text is a LOCAL@DOMAIN that a server accepts.
func checkAddr(addr string) error {
	local, domain, found := strings.Cut(addr, "@")
	switch {
	case !found || local == "":
		return fmt.Errorf("%q is not an address: there must be something on both sides of an @", shortText(addr))
	case len(addr) > maxAddress:
		return fmt.Errorf("the address %q is longer than %d characters", shortText(addr), maxAddress)
	case len(local) > maxLocal:
		return fmt.Errorf("the address %q has more than %d characters before the @", shortText(addr), maxLocal)
	case !ascii(local):
		return fmt.Errorf("the address %q has a letter beyond ASCII before the @, which is not supported", shortText(addr))
	case !localPart().MatchString(local):
		return fmt.Errorf("the address %q has a character before the @ that would need quotes, which is not supported", shortText(addr))
	case !ascii(domain):
		return fmt.Errorf("the domain of %q has a letter beyond ASCII: write it the way that starts with xn--", shortText(addr))
	}
	labels := strings.Split(domain, ".")
	for _, l := range labels {
		if !label().MatchString(l) {
			return fmt.Errorf("the domain of %q is not a domain", shortText(addr))
		}
	}
	if number().MatchString(labels[len(labels)-1]) {
		return fmt.Errorf("the domain of %q is a number, not a name", shortText(addr))
	}
	return nil
}

// header returns the address for a header. It cleans the name again, because the
// address may not come from ParseAddress.
func (a Address) header() *mail.Address {
	return &mail.Address{Name: undecodable(line(a.Name, maxName)), Address: a.Addr}
}

// shortText returns at most 80 characters of a text for an error.
func shortText(text string) string { return line(text, 80) }

func ascii(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
