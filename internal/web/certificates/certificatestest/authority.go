// SPDX-License-Identifier: Apache-2.0

package certificatestest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// Authority is a certificate authority that speaks ACME.
type Authority struct {
	Directory string         // its URL
	Roots     string         // a file with the certificates by which the URL is trusted
	Trusted   *x509.CertPool // trusts the certificates that it gives
}

// StartAuthority runs an authority until the test ends. All host names lead to this machine
// for it. It asks its questions at two addresses HOST:PORT, those of HTTP and of HTTPS.
func StartAuthority(t *testing.T, http, https string) *Authority {
	t.Helper()
	program := need.Installed(t, "bin/pebble", "scripts/pebble")
	own := New(t)
	trusted := own.Write(t, time.Now().AddDate(0, 0, 1), "127.0.0.1")
	directory, management := address.Reserve(t), address.Reserve(t)
	config := map[string]any{"pebble": map[string]any{
		"listenAddress": directory, "managementListenAddress": management, "certificate": own.Cert, "privateKey": own.Key,
		"httpPort": port(t, http), "tlsPort": port(t, https),
		"profiles": map[string]any{"default": map[string]any{"description": "for tests", "validityPeriod": 90 * 24 * 3600}},
	}}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pebble.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), program, "-config", file, "-dnsserver", resolver(t), "-strict")
	run.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Kill()
		run.Wait()
		if t.Failed() {
			t.Logf("the authority says:\n%s", said.String())
		}
	})
	a := &Authority{Directory: "https://" + directory + "/dir", Roots: own.Cert, Trusted: x509.NewCertPool()}
	root := a.root(t, trusted, "https://"+management+"/roots/0")
	if !a.Trusted.AppendCertsFromPEM(root) {
		t.Fatalf("not the root of the authority: %s", root)
	}
	return a
}

// root reads the root certificate of the authority, as soon as it answers.
func (a *Authority) root(t *testing.T, trusted *x509.CertPool, url string) (text []byte) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, DisableKeepAlives: true}}
	eventually.Succeeds(t, func() error {
		answer, err := client.Get(url)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if text, err = io.ReadAll(answer.Body); err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", answer.Status, text)
		}
		return err
	})
	return text
}

func port(t *testing.T, address string) int {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return a.Port
}

// resolver runs a name server for which all names are 127.0.0.1, and returns its address. It
// speaks DNS over TCP, as pebble does.
func resolver(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the test ends
			}
			go serveNames(conn)
		}
	}()
	return listener.Addr().String()
}

// serveNames answers the questions on a connection. Over TCP each message has its length
// before it.
func serveNames(conn net.Conn) {
	defer conn.Close()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		question := make([]byte, length)
		if _, err := io.ReadFull(conn, question); err != nil {
			return
		}
		answer, err := resolve(question)
		if err != nil {
			return
		}
		conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}

// resolve answers a question of DNS.
func resolve(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	for _, q := range m.Questions {
		if q.Type == dnsmessage.TypeA {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			})
		}
	}
	return m.Pack()
}
