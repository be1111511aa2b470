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
	// slowestRate is how many bytes of a body have to arrive in a second, once the
	// time for a body is over: a client that trickles does not hold memory for long.
	slowestRate = 16 << 10
	// unwantedTime is for the body of a request that needs none.
	unwantedTime = 10 * time.Second
)

// timed returns the request for its handler, with deadlines for what it sends and
// what it gets. The server sets new ones for the next request on the connection.
// Deadlines need a connection: in a test without one no client is slow.
func (v *visit) timed(r *http.Request) *http.Request {
	now := time.Now()
	if r.ContentLength == 0 {
		v.connection.SetWriteDeadline(now.Add(v.lane.within + lastWords))
		return r // reading goes on, to see whether the client leaves
	}
	within := v.limits.Body
	if r.Method != http.MethodPost || v.lane.kind < Question {
		within = min(within, unwantedTime)
	}
	// The server waits for a body that the handler does not read before it sends the answer.
	v.connection.SetWriteDeadline(now.Add(within + v.lane.within + lastWords))
	body := &steady{ReadCloser: r.Body, connection: v.connection, end: now.Add(within), answer: v.lane.within + lastWords}
	v.connection.SetReadDeadline(body.end)
	// The request given stays as it is: the server looks at its body to tell what is
	// left to be read.
	r = r.WithContext(r.Context())
	r.Body = body
	return r
}

// steady is a request's body that has to arrive in time.
type steady struct {
	io.ReadCloser
	connection *http.ResponseController
	end        time.Time
	answer     time.Duration // from the body to the end of the answer
}

func (s *steady) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.end = s.end.Add(time.Second * time.Duration(n) / slowestRate)
	switch {
	case err == nil:
		s.connection.SetReadDeadline(s.end)
	case errors.Is(err, io.EOF):
		// A deadline that passes while the answer is made would end the request.
		s.connection.SetReadDeadline(time.Time{})
	}
	s.connection.SetWriteDeadline(time.Now().Add(s.answer))
	return n, told(err)
}

// The errors of bodies that do not arrive, as handlers may show them.
var (
	errTooSlow = fmt.Errorf("the body takes too long: %w", os.ErrDeadlineExceeded)
	errBroken  = errors.New("the connection broke")
)

// told returns an error of reading a body without what the network says, which
// names hosts.
func told(err error) error {
	var network net.Error
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errTooSlow
	case errors.As(err, &network):
		return errBroken
	}
	return err
}
