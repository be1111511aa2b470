// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/kcidb-go/kcidb/internal/secret"
)

// Config says where mail goes, and how.
type Config struct {
	URL      string // see ParseURL
	Password secret.Text
	From     string         // the envelope's sender, where Send is given none
	Hello    string         // what the client calls itself; this host's name where ""
	Timeout  time.Duration  // for connecting, and for each answer; 30 seconds where 0
	Total    time.Duration  // for a whole delivery; 90 seconds where 0
	Idle     time.Duration  // how long a connection waits for the next message; 20 seconds where 0
	RootCAs  *x509.CertPool // who may vouch for the server; the system's where nil
}

// Sender gives messages to a mail server, one at a time over one connection,
// which is kept for a while. Its methods may be called concurrently.
type Sender struct {
	config Config
	target Target
	turn   chan struct{} // holds one while nobody sends
	link   *link         // nil while there is none; for whoever has the turn
	idle   *time.Timer
}

var helloName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$|^\[[A-Fa-f0-9:.]+\]$|^\[IPv6:[A-Fa-f0-9:.]+\]$`)

// New returns a sender. It connects to nothing yet.
func New(c Config) (*Sender, error) {
	target, err := ParseURL(c.URL)
	if err != nil {
		return nil, err
	}
	if target.User != "" && c.Password == "" {
		return nil, errors.New("the mail server's URL has a user, and there is no password")
	}
	if target.User == "" && c.Password != "" {
		return nil, errors.New("there is a password for the mail server, and its URL has no user")
	}
	if c.From != "" {
		if err := checkAddr(c.From); err != nil {
			return nil, fmt.Errorf("the sender of mail: %w", err)
		}
	}
	if c.Hello == "" {
		c.Hello = "localhost"
		if name, err := os.Hostname(); err == nil && helloName.MatchString(name) {
			c.Hello = name
		}
	} else if !helloName.MatchString(c.Hello) {
		return nil, fmt.Errorf("%q is not a host's name to greet the mail server with", short(c.Hello))
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

// Send delivers the message to one recipient. Where from is "" it is the
// config's. A nil error means that the server has taken the message; any other is
// an *Error. It takes no longer than ctx and the config's Total allow, whatever
// the server does.
//
// A connection that was kept and turns out dead before the server has answered to
// MAIL is replaced once, unseen.
func (s *Sender) Send(ctx context.Context, from, to string, message []byte) error {
	if from == "" {
		from = s.config.From
	}
	for _, addr := range []string{from, to} {
		if err := checkAddr(addr); err != nil {
			return &Error{Stage: StageAddress, Text: err.Error(), Refused: true, err: err}
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.Total,
		fmt.Errorf("the delivery took more than %v: %w", s.config.Total, context.DeadlineExceeded))
	defer cancel()
	select {
	case <-s.turn:
	case <-ctx.Done():
		return failure(ctx, StageConnect, ctx.Err())
	}
	defer func() { s.turn <- struct{}{} }()
	if ctx.Err() != nil {
		return failure(ctx, StageConnect, ctx.Err())
	}
	if err := s.deliver(ctx, from, to, message); err != nil {
		return err
	}
	return nil
}

// deliver is Send for whoever has the turn.
func (s *Sender) deliver(ctx context.Context, from, to string, message []byte) *Error {
	if s.idle != nil {
		s.idle.Stop()
	}
	kept := s.link != nil
	err := s.begin(ctx, from)
	if err != nil && kept && err.gone() && ctx.Err() == nil {
		s.drop()
		err = s.begin(ctx, from)
	}
	if err == nil {
		err = s.link.rest(ctx, to, message)
	}
	if s.link == nil {
		return err
	}
	// With stop false, the end of ctx has closed the connection.
	if !s.link.stop() || err != nil && err.gone() {
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
			// Whatever the answer was, it is not about this message.
			e := failure(ctx, StageMail, err)
			e.Code, e.Refused = 0, false
			return e
		}
	}
	s.link.step()
	if err := s.link.client.Mail("<" + from + ">"); err != nil {
		return failure(ctx, StageMail, err)
	}
	return nil
}

func (s *Sender) drop() {
	if s.link != nil {
		s.link.close()
		s.link = nil
	}
}

// expire ends a connection that nobody has used for a while; where somebody is
// sending just now, it is not idle.
func (s *Sender) expire() {
	select {
	case <-s.turn:
		s.quit()
		s.turn <- struct{}{}
	default:
	}
}

// Close ends the connection, after the message that is on its way. The sender can
// still be used.
func (s *Sender) Close() error {
	<-s.turn
	s.quit()
	s.turn <- struct{}{}
	return nil
}

// quit says goodbye, and does not wait long for the answer.
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
