// SPDX-License-Identifier: Apache-2.0

// Package address reserves addresses for servers of tests that cannot take port 0: a
// server that is started again, or whose clients know the address before the server runs.
package address

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
	"testing"
	"time"
)

// The range of ports ends before the range from which a system chooses ports for clients
// and for port 0: from 32768 on Linux, from 49152 on other systems.
const (
	firstPort = 10_000
	lastPort  = 29_999
)

// Reserve returns an unused address HOST:PORT of this machine. Until the end of the test,
// no other test gets the address, in any process.
func Reserve(t testing.TB) string {
	t.Helper()
	address, release, err := Take()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return address
}

// Take returns an unused address, which no other caller gets until release is called. It is for
// programs that are not tests.
func Take() (address string, release func(), err error) {
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(lastPort-firstPort+1))
		// The port of UDP is the reservation: the test's server takes the port of TCP.
		reservation, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			reservation.Close()
			continue
		}
		l.Close()
		return address, func() { reservation.Close() }, nil
	}
	return "", nil, errors.New("no free port")
}

// Listen listens at an address that this process may have closed a moment ago. A child
// process has a copy of the old listener until it executes its program, so Listen waits if
// the address is in use.
func Listen(address string) (net.Listener, error) {
	for end := time.Now().Add(time.Minute); ; {
		l, err := net.Listen("tcp", address)
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			return l, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
