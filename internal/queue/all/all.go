// SPDX-License-Identifier: Apache-2.0

// Package all opens any queue by its specification. It links all drivers.
package all

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub"
	"github.com/kcidb-go/kcidb/internal/secrets"
)

// Help explains the specifications, for the help of a command.
const Help = jetstream.Help + pubsub.Help

// Options are the settings that a specification does not have. The zero value of a setting
// means the driver's default.
type Options struct {
	// Visibility is how long a pulled message stays hidden before it comes back. Pub/Sub
	// uses the deadline of the specification instead.
	Visibility time.Duration
	// MaxAttempts is how many times a message is handed out before it becomes a dead letter.
	// A negative number means no limit.
	MaxAttempts int
	// MaxMessageBytes bounds the Data of one message.
	MaxMessageBytes int
	// Suffix makes the name of a subscription on Pub/Sub from that of its topic, unless the
	// specification names the subscription.
	Suffix string
	// Logger gets what happens apart from calls.
	Logger *slog.Logger
	// Secrets reads a specification that is given as a reference. If the specification is
	// replaced, later connections to NATS use the user and the password of the new one. By
	// default it is read once.
	Secrets secrets.Reader
}

// JetStream returns c with the settings of o.
func (o Options) JetStream(c jetstream.Config) jetstream.Config {
	c.Visibility, c.MaxAttempts, c.MaxMessageBytes, c.Logger = o.Visibility, o.MaxAttempts, o.MaxMessageBytes, o.Logger
	return c
}

// Open opens the queue that a specification describes (see Help). It does not create the
// queue; Init does. Errors of a specification never repeat it, because it may hold a
// password. The specification may be a reference: see package secrets.
func Open(ctx context.Context, spec string, o Options) (queue.Queue, error) {
	read := o.Secrets
	if read == nil {
		read = secrets.Once
	}
	source, err := read(ctx, secret.Text(spec))
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	if secrets.Refers(secret.Text(spec)) {
		spec = string(source())
	}
	switch scheme, _, _ := strings.Cut(spec, ":"); scheme {
	case "embedded", "nats", "tls":
		c, err := jetstream.Parse(spec)
		if err != nil {
			return nil, err
		}
		c.Credentials = func() (user, password string) {
			if now, err := jetstream.Parse(string(source())); err == nil {
				return now.User, now.Password
			}
			return c.User, c.Password
		}
		return o.JetStream(c).Open(ctx)
	case "pubsub":
		c, err := pubsub.Parse(spec)
		if err != nil {
			return nil, err
		}
		if c.Subscription == "" && o.Suffix != "" {
			c.Subscription = c.Topic + o.Suffix
		}
		c.MaxAttempts, c.MaxMessageBytes, c.Logger = o.MaxAttempts, o.MaxMessageBytes, o.Logger
		return c.Open(ctx)
	}
	return nil, fmt.Errorf("queue specification: %w", errScheme)
}

var errScheme = errors.New(`it must begin with "embedded:", "nats://", "tls://" or "pubsub:"`)
