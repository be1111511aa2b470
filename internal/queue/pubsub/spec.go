// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/google/names"
)

// keepSuffix makes the name of the subscription of dead letters from their topic.
var keepSuffix = strings.TrimPrefix(names.DeadKeepSuffix, names.DeadSuffix)

// The bounds of the deadline that Pub/Sub allows.
const (
	minDeadline = 10 * time.Second
	maxDeadline = 600 * time.Second
)

// Spec returns the specification of a queue.
func Spec(project, topic, subscription string) string {
	spec := "pubsub:" + project + "/" + topic
	if subscription != "" {
		spec += "?subscription=" + url.QueryEscape(subscription)
	}
	return spec
}

// Parse reads a specification (see Help).
func Parse(spec string) (Config, error) {
	rest, ok := strings.CutPrefix(spec, "pubsub:")
	if !ok {
		return Config{}, errors.New("queue specification: no \"pubsub:\" at its beginning")
	}
	c, err := parse(rest)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return Config{}, fmt.Errorf("queue specification: %w", err)
	}
	return c, nil
}

func parse(rest string) (Config, error) {
	resource, query, _ := strings.Cut(rest, "?")
	var c Config
	c.Project, c.Topic, _ = strings.Cut(resource, "/")
	if c.Project == "" || c.Topic == "" {
		return c, errors.New("PROJECT/TOPIC must follow \"pubsub:\"")
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return c, errors.New("options must be NAME=VALUE, separated by \"&\"")
	}
	for name, all := range values {
		if !slices.Contains(optionNames, name) {
			return c, fmt.Errorf("unknown option %q, there are: %s", name, strings.Join(optionNames, ", "))
		}
		if len(all) > 1 {
			return c, fmt.Errorf("option %q is given %d times", name, len(all))
		}
		if err := c.set(name, all[0]); err != nil {
			return c, fmt.Errorf("option %q: %w", name, err)
		}
	}
	return c, nil
}

var optionNames = []string{"dead", "dead_subscription", "deadline", "subscription"}

func (c *Config) set(name, value string) error {
	if value == "" {
		return errors.New("it has no value")
	}
	switch name {
	case "dead":
		c.DeadTopic = value
	case "dead_subscription":
		c.DeadSubscription = value
	case "subscription":
		c.Subscription = value
	case "deadline":
		seconds, err := strconv.Atoi(value)
		c.AckDeadline = time.Duration(seconds) * time.Second
		if err != nil || c.AckDeadline < minDeadline || seconds > int(maxDeadline/time.Second) {
			return errors.New("it must be a number of seconds from 10 to 600")
		}
	}
	return nil
}

// check returns an error if the settings, from a specification or from a program, are
// not valid.
func (c Config) check() error {
	if !validProject(c.Project) {
		return fmt.Errorf("%q is not the ID of a Google Cloud project", c.Project)
	}
	if !validResource(c.Topic) {
		return invalidResource(c.Topic)
	}
	for _, name := range []string{c.Subscription, c.DeadTopic, c.DeadSubscription} {
		if name != "" && !validResource(name) {
			return invalidResource(name)
		}
	}
	if c.DeadTopic == c.Topic {
		return errors.New("the dead letters must have a topic of their own")
	}
	return nil
}

func invalidResource(name string) error {
	return fmt.Errorf("%.300q is not a name of Pub/Sub: 3 to 255 letters, digits and any of \"-_.~+%%\", first a letter, and not \"goog\"", name)
}

// validProject reports whether s can be the ID of a project. Old IDs begin with a domain
// and a colon.
func validProject(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.', c == ':':
		default:
			return false
		}
	}
	return 0 < len(s) && len(s) <= 100
}

// validResource reports whether s can be the name of a topic or subscription.
func validResource(s string) bool {
	for i, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || strings.IndexByte("-_.~+%", c) >= 0):
		default:
			return false
		}
	}
	return 3 <= len(s) && len(s) <= 255 && !strings.HasPrefix(s, "goog")
}

// maxID is the maximum length of the ID of a message.
const maxID = 128

// validID reports whether s can be the ID of a message: as in the other queues, so that
// the ID can be a part of a URL or the name of a file.
func validID(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxID
}
