// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// cancelling cancels a context at the first write.
type cancelling struct {
	bytes.Buffer
	cancel func()
}

func (c *cancelling) Write(b []byte) (int, error) {
	c.cancel()
	return c.Buffer.Write(b)
}

// TestSubmitSaysThatItTriesAgain checks that a person sees why a submission takes long,
// as soon as the first try has failed. The Python tool's name stays silent.
func TestSubmitSaysThatItTriesAgain(t *testing.T) {
	for name, says := range map[string]bool{"kcidb": true, "kcidb-submit": false} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var tries atomic.Int32
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tries.Add(1) == 2 {
					cancel()
				}
				w.WriteHeader(http.StatusServiceUnavailable)
			}))
			defer service.Close()
			t.Setenv(restEnv, service.URL)
			args := []string{name}
			if name == "kcidb" {
				args = append(args, "submit")
			}
			stderr := &cancelling{cancel: cancel}
			code := run(ctx, args, strings.NewReader(`{"version":{"major":5,"minor":3}}`), io.Discard, stderr)
			if code != exitFailed {
				t.Errorf("exit status %d", code)
			}
			const notice = "kcidb submit: the service answers 503 Service Unavailable; trying again for some two minutes\n"
			if got := strings.Contains(stderr.String(), notice); got != says {
				t.Errorf("standard error has %q", stderr.String())
			}
		})
	}
}
