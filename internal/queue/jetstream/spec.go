// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxReplicas is the maximum that NATS allows.
const maxReplicas = 5

// Parse reads a specification (see Help). Its errors never repeat the
// specification, which may hold a password.
func Parse(spec string) (Config, error) {
	scheme, rest, ok := strings.Cut(spec, ":")
	if !ok {
		return Config{}, errors.New("queue specification: no \"embedded:\", \"nats://\" or \"tls://\" at its beginning")
	}
	var c Config
	var err error
	switch scheme {
	case "embedded":
		c, err = parseEmbedded(rest)
	case "nats", "tls":
		c, err = parseServers(rest)
		c.TLS = scheme == "tls"
	default:
		err = errors.New("it must begin with \"embedded:\", \"nats://\" or \"tls://\"")
	}
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return Config{}, fmt.Errorf("queue specification: %w", err)
	}
	return c, nil
}

func parseEmbedded(rest string) (Config, error) {
	dir, query, _ := strings.Cut(rest, "?")
	c := Config{Dir: dir}
	if dir == "" {
		return c, errors.New("a directory must follow \"embedded:\"")
	}
	err := parseOptions(query, map[string]func(string) error{
		"listen":   set(&c.Listen),
		"user":     set(&c.User),
		"password": set(&c.Password),
		"stream":   set(&c.Stream),
		"consumer": set(&c.Consumer),
	})
	return c, err
}

// parseServers reads the part of a server URL after the colon. Package net/url
// accepts only one host.
func parseServers(rest string) (Config, error) {
	var c Config
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return c, errors.New("\"//\" must follow the colon")
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, stream, _ := strings.Cut(rest, "/")
	if stream == "" {
		return c, errors.New("the name of the queue is missing, as in nats://HOST/KCIDB")
	}
	c.Stream = stream
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, password, _ := strings.Cut(authority[:i], ":")
		authority = authority[i+1:]
		var err1, err2 error
		c.User, err1 = url.PathUnescape(user)
		c.Password, err2 = url.PathUnescape(password)
		if err1 != nil || err2 != nil {
			return c, errors.New("user or password: a \"%\" that begins no escape must be written as %25")
		}
		if c.User == "" {
			return c, errors.New("no user before the \"@\"")
		}
	}
	for server := range strings.SplitSeq(authority, ",") {
		address, err := serverAddress(server)
		if err != nil {
			return c, err
		}
		c.Servers = append(c.Servers, address)
	}
	err := parseOptions(query, map[string]func(string) error{
		"creds":    set(&c.CredsFile),
		"consumer": set(&c.Consumer),
		"replicas": func(s string) (err error) {
			c.Replicas, err = strconv.Atoi(s)
			if err != nil || c.Replicas < 1 || c.Replicas > maxReplicas {
				return fmt.Errorf("must be a number from 1 to %d", maxReplicas)
			}
			return nil
		},
	})
	return c, err
}

// serverAddress returns HOST[:PORT] with a port.
func serverAddress(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), "4222"
	}
	if host == "" || strings.ContainsAny(host, "[]/@ \t\r\n") || net.ParseIP(host) == nil && strings.Contains(host, ":") {
		return "", fmt.Errorf("%q is not HOST or HOST:PORT", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("%q is not a port", port)
	}
	return net.JoinHostPort(host, port), nil
}

func set(field *string) func(string) error {
	return func(s string) error { *field = s; return nil }
}

// parseOptions reads NAME=VALUE&... and calls the setter of each name. An option may
// be set once.
func parseOptions(query string, known map[string]func(string) error) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("options must be NAME=VALUE, separated by \"&\"")
	}
	for name, all := range values {
		setter, ok := known[name]
		switch {
		case !ok:
			names := make([]string, 0, len(known))
			for name := range known {
				names = append(names, name)
			}
			slices.Sort(names)
			return fmt.Errorf("unknown option %q, there are: %s", name, strings.Join(names, ", "))
		case len(all) > 1:
			return fmt.Errorf("option %q is given %d times", name, len(all))
		case all[0] == "":
			return fmt.Errorf("option %q has no value", name)
		}
		if err := setter(all[0]); err != nil {
			return fmt.Errorf("option %q: %w", name, err)
		}
	}
	return nil
}

// check returns an error if the settings, from a specification or from a
// program, are not valid.
func (c Config) check() error {
	if (c.Dir == "") == (len(c.Servers) == 0) {
		return errors.New("queue: either a directory or servers must be set")
	}
	for _, name := range []string{c.Stream, c.Consumer} {
		if name != "" && !validName(name) {
			return fmt.Errorf("%q is not a queue name: only letters, digits, \"-\" and \"_\", at most %d", name, maxName)
		}
	}
	if c.User == "" && c.Password != "" {
		return errors.New("a password needs a user")
	}
	if c.Listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("%q is not HOST:PORT", c.Listen)
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() && c.User == "" {
		return fmt.Errorf("listening on %s needs authentication: set a user or token", c.Listen)
	}
	return nil
}

// maxName is the maximum length of queue names and message IDs. They are parts
// of subjects and of file names.
const maxName = 128

// validName reports whether s can be an element of a NATS subject: without
// dots, wildcards and white space.
func validName(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxName
}
