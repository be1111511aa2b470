// SPDX-License-Identifier: Apache-2.0

package address_test

import (
	"net"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/address"
)

func TestReserve(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		one := address.Reserve(t)
		if seen[one] {
			t.Errorf("%s is reserved twice", one)
		}
		seen[one] = true
		l, err := net.Listen("tcp", one)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}

// TestListen waits for an address that is in use.
func TestListen(t *testing.T) {
	one := address.Reserve(t)
	old, err := address.Listen(one)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { old.Close() })
	l, err := address.Listen(one)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}
