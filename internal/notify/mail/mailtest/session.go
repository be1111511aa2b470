// SPDX-License-Identifier: Apache-2.0

package mailtest

import (
	"crypto/subtle"
	"errors"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is a connection to the server.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	from   string
	to     []string
}

func (c *session) Reset() { c.from, c.to = "", nil }

func (c *session) Logout() error {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended++
	s.wakeTests()
	return nil
}

func (c *session) AuthMechanisms() []string {
	switch o := c.server.options; {
	case o.User == "":
		return nil
	case o.Login:
		return []string{sasl.Login}
	default:
		return []string{sasl.Plain}
	}
}

func (c *session) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return c.login(user, password) }), nil
	case sasl.Login:
		return &login{check: c.login}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (c *session) login(user, password string) error {
	o := c.server.options
	if user != o.User || subtle.ConstantTimeCompare([]byte(password), []byte(o.Password)) == 0 {
		return smtp.ErrAuthFailed
	}
	c.user = user
	return nil
}

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.server.options.User != "" && c.user == "" {
		return answer(530)
	}
	if err := c.server.answer("MAIL"); err != nil {
		return err
	}
	c.from = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := c.server.answer(to); err != nil {
		return err
	}
	c.to = append(c.to, to)
	return nil
}

func (c *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := c.server.answer("DATA"); err != nil {
		return err
	}
	_, secure := c.conn.TLSConnectionState()
	if c.server.receive(Message{From: c.from, To: c.to, Data: data, TLS: secure, User: c.user}) {
		_ = c.conn.Conn().Close()
		return errors.New("dropped")
	}
	return nil
}

// answer waits while the answer is held, and returns the refusal that is due.
func (s *Server) answer(what string) error {
	s.mu.Lock()
	held, code := s.held[what], 0
	if r := s.refusals[what]; r != nil {
		code = r.code
		if r.times--; r.times == 0 {
			delete(s.refusals, what)
		}
		r.times = max(r.times, 0)
	}
	s.mu.Unlock()
	if held != nil {
		<-held
	}
	if code != 0 {
		return answer(code)
	}
	return nil
}

func answer(code int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 0}, Message: "as the test wants it"}
}

// receive keeps the message, and reports whether to drop the connection.
func (s *Server) receive(m Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	s.wakeTests()
	if s.drops == 0 {
		return false
	}
	s.drops--
	return true
}

// login is AUTH LOGIN, which go-sasl has only for clients.
type login struct {
	check func(user, password string) error
	step  int
	user  string
}

func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}
