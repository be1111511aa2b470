// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestSecretIsReplaced: a service that runs notices that its secret was replaced in Secret
// Manager. It accepts tokens of the new secret, refuses tokens of the old one, and its
// log shows neither.
func TestSecretIsReplaced(t *testing.T) {
	const name = "projects/p/secrets/kcidb_jwt_secret"
	server := secretstest.Start(t)
	server.Add(name, "hunter2")
	cfg := DefaultConfig()
	cfg.Data, cfg.Listen, cfg.JWTSecret = t.TempDir(), "127.0.0.1:0", "gcp-secret:"+name
	var log bytes.Buffer
	s, err := New(cfg, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.secrets.keeper.Every = time.Millisecond
	ready := make(chan string, 1)
	s.Ready = func(a net.Addr) { ready <- "http://" + a.String() }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	url := <-ready
	status := func(key secret.Text) int {
		token, err := auth.Sign(key, "ci", time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return do(t, request(t, "GET", url+"/authtest", nil, "Authorization", "Bearer "+token)).code
	}
	if got := status("hunter2"); got != http.StatusOK {
		t.Errorf("the first secret: status %d", got)
	}
	server.Add(name, "hunter3")
	eventually.True(t, "the new secret is accepted", func() bool { return status("hunter3") == http.StatusOK })
	if got := status("hunter2"); got != http.StatusUnauthorized {
		t.Errorf("the old secret: status %d", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	text := log.String()
	if strings.Contains(text, "hunter") || !strings.Contains(text, `"msg":"a secret was replaced","key":"jwt_secret"`) {
		t.Errorf("the log:\n%s", text)
	}
}

// TestConfigShowsNoSecrets prints a configuration with all secrets in all ways.
func TestConfigShowsNoSecrets(t *testing.T) {
	cfg := DefaultConfig()
	for _, k := range keysOf(&cfg) {
		if text, ok := k.field.(*secret.Text); ok {
			*text = "hunter2"
		}
	}
	text, err := json.Marshal(cfg)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "config", cfg)
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "config", cfg)
	shown := fmt.Sprintf("%v %+v %#v %s %v %s", cfg, cfg, cfg, text, err, &log)
	for _, verb := range []string{"%s", "%q", "%x", "%d", "%t"} {
		shown += fmt.Sprintf(verb, cfg)
	}
	for _, value := range []secret.Text{cfg.Database, cfg.ReadDatabase, cfg.Queue, cfg.Loaded, cfg.Spool} {
		if string(value) != "hunter2" {
			t.Error("a specification that may have a password is no secret")
		}
	}
	if strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("shows secrets: %s", shown)
	}
}
