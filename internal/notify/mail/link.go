// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// link is a connection to the server, after greeting and authentication.
type link struct {
	client *smtp.Client
	wire   *wire
	config *Config
	secure bool
	// stop ends what watch began. It returns false if ctx ended, which closed the
	// connection.
	stop func() bool
}

// wire is a network connection that a server cannot hold up: each step is bounded in
// time and in bytes.
type wire struct {
	net.Conn
	left int
}

// maxAnswer is the most bytes of an answer, including those of TLS.
const maxAnswer = 256 << 10

var errFlood = errors.New("the server's answer has no end")

func (w *wire) Read(p []byte) (int, error) {
	if w.left <= 0 {
		return 0, errFlood
	}
	n, err := w.Conn.Read(p[:min(len(p), w.left)])
	w.left -= n
	return n, err
}

// allow begins a step.
func (w *wire) allow(d time.Duration) {
	w.left = maxAnswer
	// The next use returns the same error.
	_ = w.SetDeadline(time.Now().Add(d))
}

func (l *link) step() { l.wire.allow(l.config.Timeout) }

// watch closes the connection when ctx ends, which ends all reads and writes.
func (l *link) watch(ctx context.Context) {
	l.stop = context.AfterFunc(ctx, func() { _ = l.wire.Close() })
}

func (l *link) close() {
	l.stop()
	_ = l.wire.Close()
}

// connect connects to the server. If it fails, it leaves no connection open.
func (s *Sender) connect(ctx context.Context) (*link, *Error) {
	dialer := net.Dialer{Timeout: s.config.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", s.target.Address())
	if err != nil {
		return nil, failure(ctx, stageConnect, err)
	}
	l := &link{wire: &wire{Conn: conn}, config: &s.config}
	l.watch(ctx)
	if err := s.open(ctx, l); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// open takes a connection from the greeting of the server to authentication.
func (s *Sender) open(ctx context.Context, l *link) *Error {
	conn := net.Conn(l.wire)
	l.step()
	if s.target.Implicit {
		secured := tls.Client(l.wire, s.tls())
		if err := secured.HandshakeContext(ctx); err != nil {
			return failure(ctx, stageTLS, err)
		}
		conn, l.secure = secured, true
		l.step()
	}
	client, err := smtp.NewClient(conn, s.target.Host)
	if err != nil {
		return failure(ctx, stageGreeting, err)
	}
	l.client = client
	client.SkipSMTPUTF8(true)
	l.step()
	if err := client.Hello(s.config.Hello); err != nil {
		return failure(ctx, stageHello, err)
	}
	if e := s.startTLS(ctx, l); e != nil {
		return e
	}
	return s.authenticate(ctx, l)
}

func (s *Sender) startTLS(ctx context.Context, l *link) *Error {
	if s.target.Implicit || s.target.StartTLS == startNever {
		return nil
	}
	if offered, _ := l.client.Extension("STARTTLS"); !offered {
		if s.target.StartTLS == startOffered {
			return nil
		}
		return failure(ctx, stageTLS, errors.New("the server does not offer STARTTLS, which the URL requires"))
	}
	l.step()
	if err := l.client.StartTLS(s.tls()); err != nil {
		return failure(ctx, stageTLS, err)
	}
	l.secure = true
	return nil
}

func (s *Sender) tls() *tls.Config {
	return &tls.Config{
		ServerName: s.target.Host,
		RootCAs:    s.config.RootCAs,
		MinVersion: tls.VersionTLS12,
		// A server on this host works without TLS too. The certificate that Debian
		// gives it has no name, and nothing vouches for it.
		InsecureSkipVerify: s.target.StartTLS == startOffered,
	}
}

func (s *Sender) authenticate(ctx context.Context, l *link) *Error {
	user, host := s.target.User, s.target.Host
	if user == "" {
		return nil
	}
	password := string(s.config.Password())
	// ParseURL refuses other hosts, but a name may resolve to any address.
	if !l.secure && !onLoopback(l.wire) {
		return failure(ctx, stageAuth, errors.New("the connection has no TLS, and leaves this host"))
	}
	_, offered := l.client.Extension("AUTH")
	methods := " " + strings.ToUpper(offered) + " "
	var method smtp.Auth
	switch {
	case strings.Contains(methods, " PLAIN "):
		method = smtp.PlainAuth("", user, password, host, !l.secure)
	case strings.Contains(methods, " LOGIN "):
		method = smtp.LoginAuth(user, password, host, !l.secure)
	default:
		return failure(ctx, stageAuth, errors.New("the server offers neither PLAIN nor LOGIN"))
	}
	l.step()
	if err := l.client.Auth(method); err != nil {
		return refusal(ctx, err, user, password)
	}
	return nil
}

// refusal is failure for AUTH. It redacts the answer of the server.
func refusal(ctx context.Context, err error, user, password string) *Error {
	if answer, is := errors.AsType[*textproto.Error](err); is {
		return failure(ctx, stageAuth, &textproto.Error{Code: answer.Code, Msg: redact(answer.Msg, user, password)})
	}
	return failure(ctx, stageAuth, errors.New(redact(err.Error(), user, password)))
}

// redact removes the password from an answer, in case the server repeats it.
func redact(text, user, password string) string {
	for _, secret := range []string{
		password,
		base64.StdEncoding.EncodeToString([]byte(password)),
		base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password)),
	} {
		text = strings.ReplaceAll(text, secret, "(secret)")
	}
	return text
}

func onLoopback(conn net.Conn) bool {
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// finish takes a transaction from RCPT to its end.
func (l *link) finish(ctx context.Context, to string, message []byte) *Error {
	l.step()
	if err := l.client.Rcpt("<" + to + ">"); err != nil {
		return failure(ctx, stageRcpt, err)
	}
	l.step()
	body, err := l.client.Data()
	if err != nil {
		return failure(ctx, stageData, err)
	}
	l.step()
	if _, err := body.Write(message); err != nil {
		return failure(ctx, stageData, err)
	}
	l.step()
	if err := body.Close(); err != nil {
		return failure(ctx, stageEnd, err)
	}
	return nil
}
