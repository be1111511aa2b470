// SPDX-License-Identifier: Apache-2.0

// Package address reserves addresses for the servers of tests that cannot take port 0,
// because they are started again, or because others have to know their address before.
package address

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// The ports are below those that systems give to clients and for port 0: from 32768 on
// Linux, and from 49152 on others.
const (
	firstPort = 10_000
	lastPort  = 29_999
)

// Reserve returns an address HOST:PORT of this machine where no server listens. Until the
// end of the test, no other test gets it, in any process.
func Reserve(t testing.TB) string {
	t.Helper()
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
		t.Cleanup(func() { reservation.Close() })
		return address
	}
	t.Fatal("no free port")
	return ""
}
