// SPDX-License-Identifier: Apache-2.0

package front

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	// slowestRate is how many bytes of a body have to arrive in each second after the
	// time for a body, so that a slow client does not hold memory for long.
	slowestRate = 16 << 10
	// unwantedTime is the time for the body of a request that needs no body.
	unwantedTime = 10 * time.Second
)

// timed sets deadlines for the body and for the answer, and returns the request for its
// handler. The server sets new deadlines for the next request on the connection. A test
// without a connection has no deadlines.
func (v *request) timed(r *http.Request) *http.Request {
	now := time.Now()
	if r.ContentLength == 0 {
		v.connection.SetWriteDeadline(now.Add(v.slots.within + lastWords))
		return r // without a read deadline: the server reads on to notice a client that leaves
	}
	within := v.limits.Body
	if r.Method != http.MethodPost || v.slots.kind < Question {
		within = min(within, unwantedTime)
	}
	// Before the server sends the answer, it waits for a body that the handler did not read.
	v.connection.SetWriteDeadline(now.Add(within + v.slots.within + lastWords))
	body := &timedBody{ReadCloser: r.Body, connection: v.connection, end: now.Add(within), answer: v.slots.within + lastWords}
	v.connection.SetReadDeadline(body.end)
	// A copy, because the server looks at the body of the original to find how much is
	// left to read.
	r = r.WithContext(r.Context())
	r.Body = body
	return r
}

// timedBody is the body of a request that has to arrive in time.
type timedBody struct {
	io.ReadCloser
	connection *http.ResponseController
	end        time.Time
	answer     time.Duration // from the end of the body to the end of the answer
}

func (s *timedBody) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.end = s.end.Add(time.Second * time.Duration(n) / slowestRate)
	switch {
	case err == nil:
		s.connection.SetReadDeadline(s.end)
	case errors.Is(err, io.EOF):
		// A read deadline that passes while the answer is made would end the request.
		s.connection.SetReadDeadline(time.Time{})
	}
	s.connection.SetWriteDeadline(time.Now().Add(s.answer))
	return n, withoutHosts(err)
}

// Errors of bodies that do not arrive. Handlers may show them to clients.
var (
	errTooSlow = fmt.Errorf("the body takes too long: %w", os.ErrDeadlineExceeded)
	errBroken  = errors.New("the connection broke")
)

// withoutHosts replaces an error of the network by an error that names no hosts.
func withoutHosts(err error) error {
	var network net.Error
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errTooSlow
	case errors.As(err, &network):
		return errBroken
	}
	return err
}
