// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// certificate is the certificate of the tests' servers. Programs trust it by
// the file that SSL_CERT_FILE names, which they read once.
var certificate tls.Certificate

func makeCertificate() (remove func(), err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	f, err := os.CreateTemp("", "kcidb-test-*.pem")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	os.Setenv("SSL_CERT_FILE", f.Name())
	return func() { os.Remove(f.Name()) }, pem.Encode(f, &pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// roundTrip publishes and pulls a message through the queue of a specification.
func roundTrip(t *testing.T, spec string) {
	t.Helper()
	q, err := Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Publish(t.Context(), queue.Message{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	got, err := q.Pull(t.Context(), queue.Limits{}, time.Minute)
	if err != nil || len(got) != 1 {
		t.Fatalf("pulled %d, %v", len(got), err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	encrypted := runServer(t, &server.Options{
		Port: server.RANDOM_PORT, Authorization: "token",
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}, TLS: true,
	}).Addr().String()
	roundTrip(t, "tls://token@"+encrypted+"/KCIDB")
	_, port, _ := net.SplitHostPort(encrypted)
	_, err := Open(t.Context(), "tls://token@localhost:"+port+"/KCIDB")
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of another name: %v", err)
	}
	plain := runServer(t, &server.Options{Port: server.RANDOM_PORT, Authorization: "token"}).Addr().String()
	if _, err := Open(t.Context(), "tls://token@"+plain+"/KCIDB"); err == nil || !strings.Contains(err.Error(), "secure") {
		t.Errorf("a server without TLS: %v", err)
	}
}

// identity makes a pair of keys and returns its public part.
func identity(t *testing.T, make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
	t.Helper()
	pair, err := make()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return pair, public
}

// TestCredentials sends a credentials file to a server that trusts its
// operator.
func TestCredentials(t *testing.T) {
	t.Parallel()
	operator, operatorKey := identity(t, nkeys.CreateOperator)
	account, accountKey := identity(t, nkeys.CreateAccount)
	_, systemKey := identity(t, nkeys.CreateAccount)
	user, userKey := identity(t, nkeys.CreateUser)
	encode := func(c jwt.Claims, by nkeys.KeyPair) string {
		text, err := c.Encode(by)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	claims := jwt.NewAccountClaims(accountKey)
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{
		DiskStorage: jwt.NoLimit, MemoryStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit,
	}
	accounts := &server.MemAccResolver{}
	if err := accounts.Store(accountKey, encode(claims, operator)); err != nil {
		t.Fatal(err)
	}
	if err := accounts.Store(systemKey, encode(jwt.NewAccountClaims(systemKey), operator)); err != nil {
		t.Fatal(err)
	}
	trusted := jwt.NewOperatorClaims(operatorKey)
	encode(trusted, operator) // adds the operator that signed it
	address := runServer(t, &server.Options{
		Port: server.RANDOM_PORT, TrustedOperators: []*jwt.OperatorClaims{trusted}, AccountResolver: accounts, SystemAccount: systemKey,
	}).Addr().String()

	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := jwt.FormatUserConfig(encode(jwt.NewUserClaims(userKey), account), seed)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ci.creds")
	if err := os.WriteFile(file, credentials, 0o600); err != nil {
		t.Fatal(err)
	}
	roundTrip(t, "nats://"+address+"/KCIDB?creds="+file)
	if _, err := Open(t.Context(), "nats://"+address+"/KCIDB"); err == nil || !strings.Contains(strings.ToLower(err.Error()), "authorization") {
		t.Errorf("without credentials: %v", err)
	}
	if _, err := Open(t.Context(), "nats://"+address+"/KCIDB?creds="+file+".none"); err == nil || !strings.Contains(err.Error(), "ci.creds.none") {
		t.Errorf("a file that is not there: %v", err)
	}
}
