// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// Running is the state of a running service.
type Running struct {
	Ready bool
	Parts []string           // the lines of /ready, such as "queue: OK"
	Gauge map[string]float64 // the metrics without labels, by name
}

// Queue returns the numbers of submissions in the queue and of its dead letters. A number is
// queue.Unknown if the process does not have it: its role needs no queue, its queue does not
// answer, or this kind of queue does not count.
func (r *Running) Queue() (waiting, dead int64) {
	gauge := func(name string) int64 {
		if n, ok := r.Gauge[name]; ok {
			return int64(n)
		}
		return queue.Unknown
	}
	return gauge("kcidb_json_files"), gauge("kcidb_queue_dead_letters")
}

// Ask returns the state of the service that runs with a configuration on this machine. It
// asks at the address for administrators if the service has that address, because there is
// no certificate to check.
func Ask(ctx context.Context, c *Config) (*Running, error) {
	if c.AdminListen != "" {
		return askAt(ctx, "http", c.adminAddress(), nil)
	}
	if !c.encrypted() {
		return askAt(ctx, "http", c.Listen, nil)
	}
	own := c.Certificates()[0]
	if own.Err != nil {
		return nil, fmt.Errorf("the TLS certificate of the service: %w", own.Err)
	}
	return askAt(ctx, "https", c.Listen, trusting(own))
}

// trusting returns the configuration of a client that trusts a certificate, whatever its
// names are and however old it is, and no other certificate.
func trusting(own Certificate) *tls.Config {
	return &tls.Config{
		ServerName: own.Host, InsecureSkipVerify: true, // in favour of the next lines
		VerifyConnection: func(state tls.ConnectionState) error {
			if !own.Leaf.Equal(state.PeerCertificates[0]) {
				return errors.New("a server answers that does not have the TLS certificate of the service")
			}
			return nil
		},
	}
}

// askAt asks a service that listens at an address.
func askAt(ctx context.Context, scheme, listen string, trust *tls.Config) (*Running, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	at := scheme + "://" + net.JoinHostPort(host, port)
	transport := &http.Transport{TLSClientConfig: trust}
	defer transport.CloseIdleConnections()
	client := &http.Client{Timeout: 10 * time.Second, Transport: transport}
	code, text, err := get(ctx, client, at+"/ready")
	if err != nil {
		return nil, err
	}
	if code != http.StatusOK && code != http.StatusServiceUnavailable {
		return nil, fmt.Errorf("%s/ready: %d", at, code)
	}
	r := &Running{Ready: code == http.StatusOK, Gauge: map[string]float64{}}
	for line := range strings.Lines(text) {
		r.Parts = append(r.Parts, strings.TrimSpace(line))
	}
	code, text, err = get(ctx, client, at+"/metrics")
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("%s/metrics: %d", at, code)
	}
	if err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil && !strings.HasPrefix(name, "#") {
			r.Gauge[name] = n
		}
	}
	return r, nil
}

// get returns the status and the beginning of an answer.
func get(ctx context.Context, client *http.Client, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	return resp.StatusCode, string(text), err
}
