// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/mail/mailtest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

const (
	sender = "kcidb@example.org"
	ann    = "ann@example.com"
	bob    = "bob@example.com"
	cid    = "cid@example.com"
)

var hello = []byte("Subject: hello\r\n\r\nhello\r\n.dot\r\n")

func open(t *testing.T, c mail.Config) *mail.Sender {
	t.Helper()
	c.From = sender
	s, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// outcome is the expected error of a delivery: "" if it is delivered.
type outcome struct {
	stage              string
	code               int
	refused, uncertain bool
	text               string // part of the error
}

func (want outcome) check(t *testing.T, err error) {
	t.Helper()
	if want.stage == "" {
		if err != nil {
			t.Errorf("not delivered: %v", err)
		}
		return
	}
	e, is := errors.AsType[*mail.Error](err)
	if !is {
		t.Fatalf("error is %T: %v", err, err)
	}
	got := outcome{e.Stage, e.Code, e.Permanent(), e.Uncertain, want.text}
	if got != want || !strings.Contains(e.Error(), want.text) {
		t.Errorf("got %+v, want %+v; %v", got, want, err)
	}
}

func TestDeliver(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	s := open(t, mail.Config{URL: server.URL()})
	for _, to := range []string{ann, bob} {
		if err := s.Send(t.Context(), "", to, hello); err != nil {
			t.Fatal(err)
		}
	}
	messages := server.Wait(t.Context(), 2)
	for i, to := range []string{ann, bob} {
		m := messages[i]
		if m.From != sender || len(m.To) != 1 || m.To[0] != to || string(m.Data) != string(hello) {
			t.Errorf("message %d: %+v %q", i, m, m.Data)
		}
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections for two messages", n)
	}
}

func TestSecurity(t *testing.T) {
	const user, password, always = "bot", secret.Text("hunter2"), "?starttls=always"
	login := mailtest.Options{StartTLS: true, User: user, Password: string(password)}
	for name, c := range map[string]struct {
		options  mailtest.Options
		query    string
		strange  bool // the authority of the certificate is unknown
		password secret.Text
		want     outcome
		secure   bool
	}{
		"STARTTLS":                {options: mailtest.Options{StartTLS: true}, query: always, secure: true},
		"STARTTLS where offered":  {options: mailtest.Options{StartTLS: true}, strange: true, secure: true},
		"STARTTLS never":          {options: mailtest.Options{StartTLS: true}, query: "?starttls=never"},
		"STARTTLS missing":        {query: always, want: outcome{stage: "tls", text: "does not offer STARTTLS"}},
		"smtps":                   {options: mailtest.Options{TLS: true}, secure: true},
		"smtps, strange":          {options: mailtest.Options{TLS: true}, strange: true, want: outcome{stage: "tls", text: "certificate"}},
		"wrong certificate":       {options: mailtest.Options{StartTLS: true}, query: always, strange: true, want: outcome{stage: "tls", text: "certificate"}},
		"password":                {options: login, query: always, password: password, secure: true},
		"password in plain text":  {options: mailtest.Options{User: user, Password: string(password)}, password: password},
		"LOGIN":                   {options: mailtest.Options{User: user, Password: string(password), Login: true}, password: password},
		"wrong password":          {options: login, query: always, password: "hunter3", want: outcome{stage: "auth", code: 535}},
		"wrong password at LOGIN": {options: mailtest.Options{User: user, Password: "x", Login: true}, password: "hunter3", want: outcome{stage: "auth", code: 535}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.Start(t, c.options)
			config := mail.Config{URL: server.URL() + c.query, Password: secret.Fixed(c.password), RootCAs: server.RootCAs()}
			if c.strange {
				config.RootCAs = nil
			}
			err := open(t, config).Send(t.Context(), "", ann, hello)
			c.want.check(t, err)
			if err != nil {
				if strings.Contains(err.Error(), "hunter") {
					t.Error("the error shows a password:", err)
				}
				return
			}
			m := server.Messages()[0]
			if m.TLS != c.secure || m.User != c.options.User {
				t.Errorf("TLS is %v, user %q", m.TLS, m.User)
			}
		})
	}
}

func TestPasswordMissing(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{User: "bot", Password: "x"})
	s := open(t, mail.Config{URL: strings.Replace(server.URL(), "bot@", "", 1)})
	// The operator's business, not the message's: it is kept.
	outcome{stage: "mail", code: 530}.check(t, s.Send(t.Context(), "", ann, hello))
}

// TestPasswordIsReplaced: a login asks for the password that is current then.
func TestPasswordIsReplaced(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{User: "bot", Password: "new"})
	current := secret.Text("old")
	s := open(t, mail.Config{URL: server.URL(), Password: func() secret.Text { return current }})
	outcome{stage: "auth", code: 535}.check(t, s.Send(t.Context(), "", ann, hello))
	current = "new"
	outcome{}.check(t, s.Send(t.Context(), "", ann, hello))
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		what string
		code int
		want outcome
	}{
		"sender for good":     {"MAIL", 550, outcome{"mail", 550, true, false, "as the test wants it"}},
		"sender for now":      {"MAIL", 451, outcome{"mail", 451, false, false, ""}},
		"recipient for good":  {bob, 550, outcome{"rcpt", 550, true, false, ""}},
		"recipient for now":   {bob, 450, outcome{"rcpt", 450, false, false, ""}},
		"server closes":       {bob, 421, outcome{"rcpt", 421, false, false, ""}},
		"message for good":    {"DATA", 554, outcome{"end", 554, true, false, ""}},
		"message for now":     {"DATA", 452, outcome{"end", 452, false, false, ""}},
		"authentication lost": {"MAIL", 530, outcome{"mail", 530, false, false, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.Start(t, mailtest.Options{})
			s := open(t, mail.Config{URL: server.URL()})
			outcome{}.check(t, s.Send(t.Context(), "", ann, hello))
			server.Refuse(c.what, c.code, 1)
			c.want.check(t, s.Send(t.Context(), "", bob, hello))
			// The others get theirs, and so does this one when it is tried again.
			outcome{}.check(t, s.Send(t.Context(), "", cid, hello))
			outcome{}.check(t, s.Send(t.Context(), "", bob, hello))
			var got []string
			for _, m := range server.Messages() {
				got = append(got, m.To...)
			}
			if fmt.Sprint(got) != fmt.Sprint([]string{ann, cid, bob}) {
				t.Errorf("got it: %v", got)
			}
		})
	}
}

func TestBadAddresses(t *testing.T) {
	s := open(t, mail.Config{URL: "smtp://127.0.0.1:1"})
	for _, to := range []string{"", "ann", "a@b>\r\nRCPT TO:<c@d", "a b@c.d"} {
		outcome{stage: "address", refused: true}.check(t, s.Send(t.Context(), "", to, hello))
		outcome{stage: "address", refused: true}.check(t, s.Send(t.Context(), "x"+to, ann, hello))
	}
}

func TestDownAndUp(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	s := open(t, mail.Config{URL: server.URL()})
	outcome{}.check(t, s.Send(t.Context(), "", ann, hello))
	server.Stop()
	outcome{stage: "connect"}.check(t, s.Send(t.Context(), "", ann, hello))
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	outcome{}.check(t, s.Send(t.Context(), "", ann, hello))
}

func TestReconnect(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	s := open(t, mail.Config{URL: server.URL()})
	outcome{}.check(t, s.Send(t.Context(), "", ann, hello))
	server.Cut()
	outcome{}.check(t, s.Send(t.Context(), "", bob, hello))
	// The server has had enough of this connection, and closes it at MAIL.
	server.Refuse("MAIL", 421, 1)
	outcome{}.check(t, s.Send(t.Context(), "", cid, hello))
	if n := server.Connections(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
	// But not over and over.
	server.Refuse("MAIL", 421, 0)
	outcome{stage: "mail", code: 421}.check(t, s.Send(t.Context(), "", cid, hello))
	if n := server.Connections(); n != 4 {
		t.Errorf("%d connections, want 4", n)
	}
}

func TestIdle(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	s := open(t, mail.Config{URL: server.URL(), Idle: 20 * time.Millisecond})
	outcome{}.check(t, s.Send(t.Context(), "", ann, hello))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server.WaitEnded(ctx, 1)
	outcome{}.check(t, s.Send(t.Context(), "", ann, hello))
	if n := server.Connections(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestLostAnswer(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	s := open(t, mail.Config{URL: server.URL()})
	server.Drop(1)
	outcome{stage: "end", uncertain: true, text: "may have been delivered"}.check(t, s.Send(t.Context(), "", ann, hello))
	outcome{}.check(t, s.Send(t.Context(), "", bob, hello))
	if n := len(server.Messages()); n != 2 {
		t.Errorf("%d messages", n)
	}
}

// sendUntil sends until the delivery fails at a stage: on a busy machine the time may be
// over at an earlier stage.
func sendUntil(t *testing.T, s *mail.Sender, stage string, timeout time.Duration) (err error) {
	t.Helper()
	eventually.True(t, "the time is over at "+stage, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		err = s.Send(ctx, "", ann, hello)
		e, is := errors.AsType[*mail.Error](err)
		return is && e.Stage == stage
	})
	return err
}

func TestSlow(t *testing.T) {
	t.Run("answer", func(t *testing.T) {
		server := mailtest.Start(t, mailtest.Options{})
		s := open(t, mail.Config{URL: server.URL(), Timeout: 200 * time.Millisecond})
		release := server.Hold("MAIL")
		outcome{stage: "mail", text: "timeout"}.check(t, sendUntil(t, s, "mail", time.Minute))
		release()
		eventually.Succeeds(t, func() error { return s.Send(t.Context(), "", ann, hello) })
	})
	t.Run("context", func(t *testing.T) {
		server := mailtest.Start(t, mailtest.Options{})
		s := open(t, mail.Config{URL: server.URL()})
		release := server.Hold("DATA")
		err := sendUntil(t, s, "end", 200*time.Millisecond)
		outcome{stage: "end", uncertain: true, text: "gave up waiting"}.check(t, err)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v is no end of the context", err)
		}
		release()
		outcome{}.check(t, s.Send(t.Context(), "", ann, hello))
	})
	t.Run("total", func(t *testing.T) {
		server := mailtest.Start(t, mailtest.Options{})
		s := open(t, mail.Config{URL: server.URL(), Total: 300 * time.Millisecond})
		defer server.Hold(ann)()
		outcome{stage: "rcpt", text: "more than 300ms"}.check(t, sendUntil(t, s, "rcpt", time.Minute))
	})
}

// TestHostile sends to servers that do not speak SMTP.
func TestHostile(t *testing.T) {
	drip := func(c net.Conn) {
		for {
			if _, err := c.Write([]byte("2")); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	flood := func(c net.Conn) {
		junk := []byte(strings.Repeat("220-"+strings.Repeat("x", 60)+"\r\n", 1000))
		for {
			if _, err := c.Write(junk); err != nil {
				return
			}
		}
	}
	const short = 200 * time.Millisecond
	for name, c := range map[string]struct {
		timeout time.Duration
		serve   func(net.Conn)
		want    outcome
	}{
		"silent":       {short, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, outcome{stage: "greeting", text: "timeout"}},
		"byte by byte": {short, drip, outcome{stage: "greeting", text: "short response"}},
		"flood":        {time.Minute, flood, outcome{stage: "greeting", text: "no end"}},
		"not SMTP":     {time.Minute, func(c net.Conn) { _, _ = c.Write([]byte("SSH-2.0-x\x1b[31m\r\n")) }, outcome{stage: "greeting"}},
		"not wanted":   {time.Minute, func(c net.Conn) { _, _ = c.Write([]byte("554 go\r\n")) }, outcome{stage: "greeting", code: 554}},
		"echo": {time.Minute, func(c net.Conn) {
			_, _ = c.Write([]byte("220 x\r\n"))
			buffer := make([]byte, 1000)
			_, _ = c.Read(buffer)
			_, _ = c.Write([]byte("250-x\r\n250 AUTH PLAIN\r\n"))
			n, _ := c.Read(buffer)
			_, _ = c.Write([]byte("501 what is " + string(buffer[:n])))
			_, _ = c.Read(buffer)
		}, outcome{stage: "auth", code: 501, text: "what is AUTH PLAIN (secret)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						defer conn.Close()
						c.serve(conn)
					}()
				}
			}()
			s := open(t, mail.Config{URL: "smtp://bot@" + l.Addr().String(), Password: secret.Fixed("hunter2"), Timeout: c.timeout})
			// A delivery that the Timeout does not end has another text.
			c.want.check(t, sendUntil(t, s, c.want.stage, time.Minute))
		})
	}
}

func TestConcurrent(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	s := open(t, mail.Config{URL: server.URL(), Idle: time.Millisecond})
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			to := fmt.Sprintf("user%d@example.com", i)
			outcome{}.check(t, s.Send(t.Context(), "", to, hello))
		})
	}
	group.Wait()
	if n := len(server.Messages()); n != 20 {
		t.Errorf("%d messages", n)
	}
}
