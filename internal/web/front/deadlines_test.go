// SPDX-License-Identifier: Apache-2.0

package front

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var _ http.ResponseWriter = connection{}

// connection is a ResponseWriter that sets deadlines on a connection.
type connection struct {
	*httptest.ResponseRecorder
	net.Conn
}

func (c connection) Write(p []byte) (int, error) { return c.ResponseRecorder.Write(p) }

// TestSteadyBody shows that a body has to arrive at slowestRate, and may take as long
// as it needs at this rate.
func TestSteadyBody(t *testing.T) {
	front := New(Limits{Time: time.Second}) // an answer may take less than a body
	for _, test := range []struct {
		name   string
		pieces int
		size   int
		every  time.Duration
		late   bool
	}{
		{"at once", 1, 1 << 20, time.Second, false},
		{"slow but steady", 100, 64 << 10, 3 * time.Second, false},
		{"trickling", 100, 10, 5 * time.Second, true},
		{"stopping midway", 2, 1000, time.Hour, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, client := net.Pipe()
				var sender sync.WaitGroup
				sender.Go(func() {
					defer client.Close()
					for range test.pieces {
						if _, err := client.Write(make([]byte, test.size)); err != nil {
							return // the server has had enough
						}
						time.Sleep(test.every)
					}
					client.Read(make([]byte, 1)) // the answer
				})
				r := httptest.NewRequest("POST", "/submit", nil)
				r.Body = server
				r.ContentLength = -1
				v := &request{Front: front, slots: front.slots[Submission], connection: http.NewResponseController(connection{httptest.NewRecorder(), server})}
				n, err := io.CopyN(io.Discard, v.timed(r).Body, int64(test.pieces*test.size))
				if errors.Is(err, os.ErrDeadlineExceeded) != test.late {
					t.Errorf("after %d bytes: %v", n, err)
				}
				if _, err := server.Write([]byte("x")); !test.late && err != nil {
					t.Errorf("the answer to a body that came in time: %v", err)
				}
				if whole := int64(test.pieces * test.size); !test.late && n != whole {
					t.Errorf("%d of %d bytes", n, whole)
				}
				server.Close()
				sender.Wait()
			})
		})
	}
}
