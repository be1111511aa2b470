// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Running is the state of a running service.
type Running struct {
	Ready bool
	Parts []string           // the lines of /ready, such as "queue: OK"
	Gauge map[string]float64 // the metrics without labels, by name
}

// Ask returns the state of the service that runs with a configuration on this machine.
func Ask(ctx context.Context, c *Config) (*Running, error) {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	at := "http://" + net.JoinHostPort(host, port)
	client := &http.Client{Timeout: 10 * time.Second}
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
