// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"google.golang.org/api/option"

	"github.com/kcidb-go/kcidb/internal/google/names"
	"github.com/kcidb-go/kcidb/internal/queue"
)

// Config describes a queue and how to open it. Project and Topic must be set. The zero
// value of another setting means its default, which is in parentheses below.
type Config struct {
	// Project is the ID of the Google Cloud project.
	Project string
	// Topic gets the messages.
	Topic string
	// Subscription hands the messages out (Topic followed by "_load").
	Subscription string
	// DeadTopic gets the dead letters (Topic followed by "_dead").
	DeadTopic string
	// DeadSubscription keeps the dead letters (DeadTopic followed by "_keep").
	DeadSubscription string

	// AckDeadline is how long a pulled message stays hidden before it comes back, in whole
	// seconds (9 minutes). Pub/Sub allows 10 minutes at most.
	AckDeadline time.Duration
	// MaxAttempts is how many times a message is handed out before it becomes a dead letter
	// (5). A negative number means no limit.
	MaxAttempts int
	// RetryDelay is how long a refused message waits before it comes back (30 seconds).
	RetryDelay time.Duration
	// MaxMessageBytes bounds the Data of one message (512 MiB). Compressed data must fit in
	// 64 pieces of 9.5 MB as well.
	MaxMessageBytes int

	// Logger gets what happens apart from calls (slog.Default()).
	Logger *slog.Logger
	// Options are the options of Google's clients. Tests name their server by them (those
	// of package google).
	Options []option.ClientOption

	// grace is the minimum time that Pull waits for a first message (a second, for a request
	// to Google).
	grace time.Duration
	// quiet is the pause before a subscription of dead letters is asked again whether it is
	// at its end (250 ms).
	quiet time.Duration
	// request is the time that a request may take (requestTimeout).
	request time.Duration
}

// Help explains the specifications that Open accepts, for the help of a command.
const Help = `pubsub:PROJECT/TOPIC[?OPTION=VALUE&...]
    A queue on Google Pub/Sub, with the application default credentials. Options:
        subscription=NAME       hands the messages out (TOPIC_load)
        dead=NAME               topic for dead letters (TOPIC_dead)
        dead_subscription=NAME  keeps the dead letters (that topic with _keep)
        deadline=SECONDS        how long a pulled message stays hidden, 10 to 600 (540)
`

// Open opens the queue that a specification describes (see Help). It does not create the
// queue; Init does.
func Open(ctx context.Context, spec string) (queue.Queue, error) {
	cfg, err := Parse(spec)
	if err != nil {
		return nil, err
	}
	return cfg.Open(ctx)
}

// Open opens the queue that c describes, like the function Open.
func (c Config) Open(ctx context.Context) (queue.Queue, error) {
	c = c.WithDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	return dial(ctx, c)
}

// WithDefaults returns c with the defaults of the settings that are not set.
func (c Config) WithDefaults() Config {
	c.Subscription = cmp.Or(c.Subscription, c.Topic+names.LoadSuffix)
	c.DeadTopic = cmp.Or(c.DeadTopic, c.Topic+names.DeadSuffix)
	c.DeadSubscription = cmp.Or(c.DeadSubscription, c.DeadTopic+keepSuffix)
	c.AckDeadline = cmp.Or(c.AckDeadline, names.AckDeadline*time.Second)
	c.MaxAttempts = cmp.Or(c.MaxAttempts, 5)
	c.RetryDelay = cmp.Or(c.RetryDelay, 30*time.Second)
	c.MaxMessageBytes = cmp.Or(c.MaxMessageBytes, 512<<20)
	c.grace = cmp.Or(c.grace, time.Second)
	c.quiet = cmp.Or(c.quiet, 250*time.Millisecond)
	c.request = cmp.Or(c.request, requestTimeout)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	return c
}
