// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

// Config says how to reach the mail server.
type Config struct {
	URL      string         // see ParseURL
	Password secret.Source  // of the user, asked for at each login; nil if there is no user
	From     string         // sender of the envelope, unless Send names another
	Hello    string         // name of the client; this host's name if ""
	Timeout  time.Duration  // for connecting, and for each answer; 30 seconds if 0
	Total    time.Duration  // for a whole delivery; 90 seconds if 0
	Idle     time.Duration  // how long a connection waits for the next message; 20 seconds if 0
	RootCAs  *x509.CertPool // authorities of the server's certificate; the system's if nil
}

// Sender gives messages to a mail server, one at a time, over one connection that stays
// open for a while. Its methods may be called concurrently.
type Sender struct {
	config Config
	target Target
	turn   chan struct{} // full unless a message is being sent
	link   *link         // nil if not connected; belongs to the holder of the turn
	idle   *time.Timer
}

var helloName = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$|^\[[A-Fa-f0-9:.]+\]$|^\[IPv6:[A-Fa-f0-9:.]+\]$`)

// New returns a sender. It does not connect yet.
func New(c Config) (*Sender, error) {
	target, err := ParseURL(c.URL)
	if err != nil {
		return nil, err
	}
	if target.User != "" && c.Password == nil {
		return nil, errors.New("the mail server's URL has a user, but the password is missing")
	}
	if target.User == "" && c.Password != nil {
		return nil, errors.New("the mail server has a password, but its URL has no user")
	}
	if c.From != "" {
		if err := checkAddr(c.From); err != nil {
			return nil, fmt.Errorf("the sender of mail: %w", err)
		}
	}
	if c.Hello == "" {
		c.Hello = "localhost"
		if name, err := os.Hostname(); err == nil && helloName().MatchString(name) {
			c.Hello = name
		}
	} else if !helloName().MatchString(c.Hello) {
		return nil, fmt.Errorf("%q is not a host's name to greet the mail server with", shortText(c.Hello))
	}
	c.Timeout = orElse(c.Timeout, 30*time.Second)
	c.Total = orElse(c.Total, 90*time.Second)
	c.Idle = orElse(c.Idle, 20*time.Second)
	s := &Sender{config: c, target: target, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s, nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Send delivers the message to one recipient. If from is "", the sender is that of the
// config. A nil error means that the server accepted the message; other errors are an
// *Error. Send takes no longer than ctx and the config's Total allow.
//
// If a kept connection turns out to be dead before the answer to MAIL, Send connects
// once more.
func (s *Sender) Send(ctx context.Context, from, to string, message []byte) error {
	if from == "" {
		from = s.config.From
	}
	for _, addr := range []string{from, to} {
		if err := checkAddr(addr); err != nil {
			return &Error{Stage: stageAddress, Text: err.Error(), Refused: true, err: err}
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.Total,
		fmt.Errorf("the delivery took more than %v: %w", s.config.Total, context.DeadlineExceeded))
	defer cancel()
	select {
	case <-s.turn:
	case <-ctx.Done():
		return failure(ctx, stageConnect, ctx.Err())
	}
	defer func() { s.turn <- struct{}{} }()
	if ctx.Err() != nil {
		return failure(ctx, stageConnect, ctx.Err())
	}
	if err := s.deliver(ctx, from, to, message); err != nil {
		return err
	}
	return nil
}

// deliver is Send for the holder of the turn.
func (s *Sender) deliver(ctx context.Context, from, to string, message []byte) *Error {
	if s.idle != nil {
		s.idle.Stop()
	}
	kept := s.link != nil
	err := s.begin(ctx, from)
	if err != nil && kept && err.connectionLost() && ctx.Err() == nil {
		s.drop()
		err = s.begin(ctx, from)
	}
	if err == nil {
		err = s.link.finish(ctx, to, message)
	}
	if s.link == nil {
		return err
	}
	// If stop returns false, the end of ctx closed the connection.
	if !s.link.stop() || err != nil && err.connectionLost() {
		s.drop()
		return err
	}
	s.idle = time.AfterFunc(s.config.Idle, s.expire)
	return err
}

// begin takes a transaction up to the answer to MAIL.
func (s *Sender) begin(ctx context.Context, from string) *Error {
	if s.link == nil {
		l, err := s.connect(ctx)
		if err != nil {
			return err
		}
		s.link = l
	} else {
		s.link.watch(ctx)
		s.link.step()
		if err := s.link.client.Reset(); err != nil {
			// The answer is not about this message.
			e := failure(ctx, stageMail, err)
			e.Code, e.Refused = 0, false
			return e
		}
	}
	s.link.step()
	if err := s.link.client.Mail("<" + from + ">"); err != nil {
		return failure(ctx, stageMail, err)
	}
	return nil
}

func (s *Sender) drop() {
	if s.link != nil {
		s.link.close()
		s.link = nil
	}
}

// expire closes a connection that was idle for a while, unless a message is being sent.
func (s *Sender) expire() {
	select {
	case <-s.turn:
		s.quit()
		s.turn <- struct{}{}
	default:
	}
}

// Close closes the connection, after the current message. The sender can still be used.
func (s *Sender) Close() error {
	<-s.turn
	s.quit()
	s.turn <- struct{}{}
	return nil
}

// quit sends QUIT, and waits at most one second for the answer.
func (s *Sender) quit() {
	if s.idle != nil {
		s.idle.Stop()
	}
	if s.link != nil {
		s.link.wire.allow(min(s.config.Timeout, time.Second))
		_ = s.link.client.Quit()
	}
	s.drop()
}

// Check connects to the server and logs in, as a delivery does, and sends nothing.
func (s *Sender) Check(ctx context.Context) error {
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	s.drop()
	l, err := s.connect(ctx)
	if err != nil {
		return err
	}
	s.link = l
	s.quit()
	return nil
}
