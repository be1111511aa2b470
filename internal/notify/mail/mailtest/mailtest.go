// SPDX-License-Identifier: Apache-2.0

// Package mailtest is a mail server for tests: it keeps the messages that it gets. A test
// can make it refuse, delay or drop them, as mail servers do.
//
//	server := mailtest.Start(t, mailtest.Options{})
//	server.Refuse("bob@example.com", 550, 0)
//	... send something to server.URL() ...
//	messages := server.Wait(ctx, 1)
package mailtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/kcidb-go/kcidb/internal/testing/address"
)

// Options are the properties of a server that do not change.
type Options struct {
	// StartTLS offers it, with the server's own certificate. TLS begins with it,
	// and the URL is one with smtps.
	StartTLS, TLS bool
	// User and Password are required for authentication, if set.
	User, Password string
	Login          bool // AUTH LOGIN is offered instead of PLAIN
}

// Message is a message the server has taken.
type Message struct {
	From string   // of the envelope
	To   []string // of the envelope
	Data []byte   // with \r\n
	TLS  bool     // it came over TLS
	User string   // authenticated user, "" for none
}

// Server is a running server. Its methods may be called concurrently.
type Server struct {
	options Options
	pair    tls.Certificate
	roots   *x509.CertPool

	mu       sync.Mutex
	changed  chan struct{} // closed when a message is taken
	address  string
	server   *smtp.Server // nil while down
	listener *listener
	messages []Message
	refusals map[string]*refusal
	held     map[string]chan struct{} // closed when the answers go on
	drops    int
	ended    int
}

type refusal struct {
	code, times int // times 0 for always
}

// Start starts a server for a test, on a port of 127.0.0.1 that is reserved for the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o, address: address.Reserve(t), changed: make(chan struct{}), refusals: map[string]*refusal{}, held: map[string]chan struct{}{}}
	if o.TLS || o.StartTLS {
		var err error
		if s.pair, s.roots, err = certificate(); err != nil {
			t.Fatalf("a certificate for the mail server: %v", err)
		}
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// URL returns the server's, with the user and without the password.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := url.URL{Scheme: "smtp", Host: s.address}
	if s.options.TLS {
		u.Scheme = "smtps"
	}
	if s.options.User != "" {
		u.User = url.User(s.options.User)
	}
	return u.String()
}

// RootCAs returns who vouches for the server: itself. Nil without TLS.
func (s *Server) RootCAs() *x509.CertPool { return s.roots }

// Restart starts the server at its address, unless it runs.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return nil
	}
	tcp, err := address.Listen(s.address)
	if err != nil {
		return fmt.Errorf("starting the mail server: %w", err)
	}
	s.address = tcp.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	server.Domain = "mailtest"
	server.ErrorLog = log.New(io.Discard, "", 0)
	server.AllowInsecureAuth = true
	server.MaxMessageBytes = 4 << 20
	server.ReadTimeout = time.Minute
	s.listener = &listener{Listener: tcp}
	l := net.Listener(s.listener)
	config := &tls.Config{Certificates: []tls.Certificate{s.pair}}
	if s.options.StartTLS {
		server.TLSConfig = config
	}
	if s.options.TLS {
		l = tls.NewListener(l, config)
	}
	s.server = server
	go func() { _ = server.Serve(l) }()
	return nil
}

// Stop stops the server, and cuts all connections.
func (s *Server) Stop() {
	s.mu.Lock()
	server, l := s.server, s.listener
	s.server = nil
	s.mu.Unlock()
	if server != nil {
		_ = server.Close()
		_ = l.Close() // the server closes it only when it serves already
		l.cut()
	}
}

// Cut cuts all connections. The server stays up.
func (s *Server) Cut() {
	s.mu.Lock()
	l := s.listener
	s.mu.Unlock()
	l.cut()
}

// Connections returns how many there were since the server came up.
func (s *Server) Connections() int {
	s.mu.Lock()
	l := s.listener
	s.mu.Unlock()
	return l.count()
}

// Refuse answers the code, a number of times or, with 0, always, to a recipient's
// address, or to the command "MAIL" or "DATA", the latter after the message.
// Code 0 takes that back.
func (s *Server) Refuse(what string, code, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code == 0 {
		delete(s.refusals, what)
		return
	}
	s.refusals[what] = &refusal{code, times}
}

// Hold holds all answers to a recipient's address, or to the command "MAIL" or "DATA",
// until release is called.
func (s *Server) Hold(what string) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held[what] = held
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.held, what)
		close(held)
	}
}

// Drop takes the next messages and cuts their connections instead of answering.
func (s *Server) Drop(messages int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops = messages
}

// Messages returns what the server has taken, in that order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Wait returns what the server has taken as soon as it is so many messages, or
// when ctx ends.
func (s *Server) Wait(ctx context.Context, messages int) []Message {
	for {
		s.mu.Lock()
		taken, changed := slices.Clone(s.messages), s.changed
		s.mu.Unlock()
		if len(taken) >= messages {
			return taken
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return taken
		}
	}
}

// WaitEnded waits until so many connections have ended, or ctx has.
func (s *Server) WaitEnded(ctx context.Context, connections int) {
	for {
		s.mu.Lock()
		ended, changed := s.ended, s.changed
		s.mu.Unlock()
		if ended >= connections {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// wakeTests wakes the waiting tests. It is called with the lock held.
func (s *Server) wakeTests() {
	close(s.changed)
	s.changed = make(chan struct{})
}
