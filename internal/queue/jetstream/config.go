// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// Config describes a queue and how to open it. The zero value of a setting
// means its default, which is in parentheses below. Either Dir or Servers must
// be set.
type Config struct {
	// Dir is the directory of an embedded server's files.
	Dir string
	// Listen is the HOST:PORT where the embedded server accepts connections
	// from other processes. "" opens no port.
	Listen string

	// Servers are the HOST:PORT addresses of a running cluster.
	Servers []string
	// TLS encrypts the connections to Servers.
	TLS bool
	// CredsFile is the NATS credentials file to show to Servers.
	CredsFile string
	// Replicas is the number of servers that keep each message (1). Only Init
	// uses it, for streams that do not exist yet.
	Replicas int

	// User and Password are required from clients that connect to Listen, or
	// sent to Servers. A User without a Password is a token.
	User, Password string
	// Credentials is asked for the user and the password at each connection, because
	// they may be replaced while the queue is open. The default returns User and Password.
	Credentials func() (user, password string)

	// Stream is the queue's name ("KCIDB"). Dead letters are kept in the stream
	// of this name followed by "-dead".
	Stream string
	// Consumer is the name that all processes which pull from the queue share, and
	// with it the messages ("ingest").
	Consumer string

	// Visibility is how long a pulled message stays hidden before it comes back
	// (2 minutes).
	Visibility time.Duration
	// MaxAttempts is how many times a message is handed out before it becomes a
	// dead letter (5). A negative number means no limit.
	MaxAttempts int
	// RetryDelay is how long a refused message waits before it comes back (30
	// seconds).
	RetryDelay time.Duration
	// Dedup is how long the ID of an acknowledged message is remembered (5
	// minutes). A message that is still in the queue is never accepted twice.
	Dedup time.Duration
	// MaxMessageBytes bounds the Data of one message (512 MiB).
	MaxMessageBytes int
	// MaxBytes bounds the queue's files; Publish fails with queue.ErrFull
	// beyond it. The default is the server's limit: for an embedded server,
	// three quarters of the disk space that is free at its start.
	MaxBytes int64

	// Logger gets the messages of the server and the connection (slog.Default()).
	Logger *slog.Logger
}

// Help explains the specifications that Open accepts, for the help of a
// command.
const Help = `embedded:DIR[?OPTION=VALUE&...]
    A queue in this process with its files in DIR. One process at a time has
    it open. Options:
        listen=HOST:PORT    let other processes submit to nats://HOST:PORT/KCIDB
                            (off; needs user= beyond the loopback interface)
        user=TOKEN          the token clients need, or, together with
        password=PASSWORD   a password, the user name
        stream=NAME         name of the queue (KCIDB)
        consumer=NAME       name shared by all processes that pull (ingest)
nats://[TOKEN@|USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]/STREAM[?OPTION=VALUE&...]
tls://...
    A queue kept by running NATS servers (2.12 or newer, JetStream enabled; set
    "sync_interval: always" there for messages to be on disk when accepted),
    with port 4222 by default. Options:
        replicas=N          servers that keep each message, when created (1)
        creds=FILE          NATS credentials file
        consumer=NAME       name shared by all processes that pull (ingest)
`

// Open opens the queue that a specification describes (see Help). It does not
// create the queue; Init does. Open fails with queue.ErrBusy if another
// process has the directory open, and with queue.ErrUnavailable if no server
// answers.
func Open(ctx context.Context, spec string) (queue.Queue, error) {
	cfg, err := Parse(spec)
	if err != nil {
		return nil, err
	}
	return cfg.Open(ctx)
}

// Open opens the queue that c describes, like the function Open.
func (c Config) Open(ctx context.Context) (queue.Queue, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Dir == "" {
		return dial(ctx, c, nil)
	}
	srv, err := startServer(c)
	if err != nil {
		return nil, err
	}
	q, err := dial(ctx, c, srv)
	if err != nil {
		srv.stop()
		return nil, err
	}
	return q, nil
}

func (c Config) withDefaults() Config {
	c.Replicas = cmp.Or(c.Replicas, 1)
	c.Stream = cmp.Or(c.Stream, "KCIDB")
	c.Consumer = cmp.Or(c.Consumer, "ingest")
	c.Visibility = cmp.Or(c.Visibility, 2*time.Minute)
	c.MaxAttempts = cmp.Or(c.MaxAttempts, 5)
	c.RetryDelay = cmp.Or(c.RetryDelay, 30*time.Second)
	c.Dedup = cmp.Or(c.Dedup, 5*time.Minute)
	c.MaxMessageBytes = cmp.Or(c.MaxMessageBytes, 512<<20)
	c.MaxBytes = cmp.Or(c.MaxBytes, -1)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Credentials == nil {
		user, password := c.User, c.Password
		c.Credentials = func() (string, string) { return user, password }
	}
	return c
}
