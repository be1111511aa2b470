// SPDX-License-Identifier: Apache-2.0

package secrets_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// name is a secret of the server.
const name = "projects/p/secrets/kcidb_jwt_secret"

// keeper returns a keeper and its log.
func keeper(t *testing.T) (*secrets.Keeper, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	k := &secrets.Keeper{Log: slog.New(slog.NewJSONHandler(log, nil))}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k, log
}

// write writes a file, and returns its path.
func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "file"), "of a file\r\n")
	write(t, filepath.Join(dir, "kcidb.jwt"), "of systemd\n")
	write(t, filepath.Join(dir, "empty"), "\n")
	write(t, filepath.Join(dir, "long"), strings.Repeat("x", 64<<10+1))
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	t.Setenv("KCIDB_TEST_SECRET", "of the environment")
	server := secretstest.Start(t)
	server.Add(name, "first\n")
	server.Add(name, "second\n")
	server.Create("projects/p/secrets/none")
	server.Add("projects/p/secrets/off", "x")
	server.Disable("projects/p/secrets/off")

	for _, test := range []struct {
		name  string
		value secret.Text
		want  string
		err   string // a part of the error
	}{
		{name: "nothing"},
		{name: "literal", value: "hunter2", want: "hunter2"},
		{name: "literal with a colon", value: "hunter:2", want: "hunter:2"},
		{name: "literal in capitals", value: "FILE:x", want: "FILE:x"},
		{name: "file", value: "file:" + secret.Text(file), want: "of a file"},
		{name: "environment", value: "env:KCIDB_TEST_SECRET", want: "of the environment"},
		{name: "systemd", value: "credential:kcidb.jwt", want: "of systemd"},
		{name: "latest version", value: "gcp-secret:" + name, want: "second"},
		{name: "latest version by name", value: "gcp-secret:" + name + "/versions/latest", want: "second"},
		{name: "version", value: "gcp-secret:" + name + "/versions/1", want: "first"},

		{name: "no such file", value: "file:" + secret.Text(dir) + "/none", err: "no such file"},
		{name: "directory", value: "file:" + secret.Text(dir), err: "is a directory"},
		{name: "empty file", value: "file:" + secret.Text(dir) + "/empty", err: "is empty"},
		{name: "long file", value: "file:" + secret.Text(dir) + "/long", err: "longer than 65536 bytes"},
		{name: "no path", value: "file:", err: "expected file:PATH"},
		{name: "variable not set", value: "env:KCIDB_NO_SUCH", err: "KCIDB_NO_SUCH is not set: set it to the secret"},
		{name: "not a variable", value: "env:a b", err: "expected env:NAME"},
		{name: "no such credential", value: "credential:none", err: "add LoadCredential=none:PATH to the unit"},
		{name: "credential elsewhere", value: "credential:../file", err: "expected credential:NAME"},
		{name: "credential above", value: "credential:..", err: "expected credential:NAME"},
		{name: "not a secret's name", value: "gcp-secret:kcidb_jwt_secret", err: "expected gcp-secret:projects/"},
		{name: "no such secret", value: "gcp-secret:projects/p/secrets/x", err: "gcloud secrets versions add x --project p"},
		{name: "no version", value: "gcp-secret:projects/p/secrets/none", err: "gcloud secrets versions add none --project p"},
		{name: "no such version", value: "gcp-secret:" + name + "/versions/3", err: "versions/3: there is no such secret"},
		{name: "disabled", value: "gcp-secret:projects/p/secrets/off", err: "gcloud secrets versions enable latest --secret off --project p"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, _ := keeper(t)
			source, err := k.Open(t.Context(), "jwt_secret", test.value)
			if test.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "jwt_secret: ") || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got the error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := textOf(source); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func textOf(source secret.Source) string {
	if source == nil {
		return ""
	}
	return string(source())
}

func TestCredentialWithoutSystemd(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	k, _ := keeper(t)
	if _, err := k.Open(t.Context(), "smtp_password", "credential:smtp"); err == nil || !strings.Contains(err.Error(), "LoadCredential=smtp:PATH") {
		t.Errorf("got %v", err)
	}
}

// TestFaults: errors of Secret Manager say what to do.
func TestFaults(t *testing.T) {
	server := secretstest.Start(t)
	server.Add(name, "hunter2")
	for _, test := range []struct {
		fault error
		means error
		says  string
	}{
		{secretstest.Denied("secretmanager.versions.access", name), google.ErrForbidden, "gcloud secrets add-iam-policy-binding kcidb_jwt_secret --project p --role roles/secretmanager.secretAccessor"},
		{status.Error(codes.Unauthenticated, "no"), google.ErrCredentials, "GOOGLE_APPLICATION_CREDENTIALS"},
		{status.Error(codes.Internal, "no"), google.ErrUnavailable, ""},
	} {
		server.Fail(test.fault)
		k, _ := keeper(t)
		if _, err := k.Open(t.Context(), "jwt_secret", "gcp-secret:"+name); !errors.Is(err, test.means) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("got %v, want %v", err, test.means)
		}
	}
}

func TestNoCredentials(t *testing.T) {
	t.Setenv(google.SecretManagerEmulator, "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "none.json"))
	k, _ := keeper(t)
	if _, err := k.Open(t.Context(), "jwt_secret", "gcp-secret:"+name); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("got %v", err)
	}
}

// TestReplaced: a look takes a new secret into use at once, keeps the known one if reading
// fails, and says so once.
func TestReplaced(t *testing.T) {
	server := secretstest.Start(t)
	server.Add(name, "first")
	file := filepath.Join(t.TempDir(), "secret")
	for _, test := range []struct {
		name    string
		value   secret.Text
		replace func(text string)
		fail    func()
		mend    func()
	}{
		{"file", secret.Text("file:" + file), func(text string) { write(t, file, text) },
			func() { _ = os.Remove(file) }, func() { write(t, file, "second") }},
		{"Secret Manager", "gcp-secret:" + name, func(text string) { server.Add(name, text) },
			func() { server.Fail(status.Error(codes.Internal, "down")) }, func() { server.Fail(nil) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, log := keeper(t)
			test.replace("first")
			source, err := k.Open(t.Context(), "jwt_secret", test.value)
			if err != nil {
				t.Fatal(err)
			}
			check := func(want, logged string) {
				t.Helper()
				log.Reset()
				k.Look(t.Context())
				if got := string(source()); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if logged == "" && log.Len() > 0 || !strings.Contains(log.String(), logged) {
					t.Errorf("logged %s, want %q", log, logged)
				}
			}
			check("first", "")
			test.replace("second")
			check("second", "a secret was replaced")
			check("second", "")
			test.fail()
			check("second", "the secret known before stays in use")
			check("second", "")
			test.mend()
			check("second", "can be read again")
			test.replace("\n")
			check("second", "the secret is empty")
			test.replace("third\n")
			check("third", "a secret was replaced")
		})
	}
}

// TestRun looks again by itself, and ends with its context.
func TestRun(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "secret"), "first")
	k, _ := keeper(t)
	k.Every = time.Millisecond
	source, err := k.Open(t.Context(), "jwt_secret", secret.Text("file:"+file))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	write(t, file, "second")
	eventually.Succeeds(t, func() error {
		if got := string(source()); got != "second" {
			return fmt.Errorf("got %q", got)
		}
		return nil
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestOpenLater: secrets may be opened while Run runs. A secret that is kept for a key is
// not read again when it is opened again.
func TestOpenLater(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "secret"), "first")
	k, _ := keeper(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	open := func(key, want string) {
		t.Helper()
		source, err := k.Open(t.Context(), key, secret.Text("file:"+file))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(source()); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	open("a", "first")
	write(t, file, "second")
	open("a", "first") // until the next look
	open("b", "second")
	k.Look(t.Context())
	open("a", "second")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestSecretsAreNotShown looks for a secret in everything that a keeper and its sources
// print, log and return.
func TestSecretsAreNotShown(t *testing.T) {
	const marker = "hunter2"
	t.Setenv("KCIDB_TEST_SECRET", marker)
	server := secretstest.Start(t)
	server.Add(name, marker)
	file := write(t, filepath.Join(t.TempDir(), "secret"), marker)
	k, log := keeper(t)
	var shown strings.Builder
	for _, value := range []secret.Text{marker, "env:KCIDB_TEST_SECRET", secret.Text("file:" + file), "gcp-secret:" + name} {
		source, err := k.Open(t.Context(), "key", value)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{source, &source, source(), struct{ S secret.Source }{source}, struct{ s secret.Source }{source}} {
			fmt.Fprintf(&shown, "%v %+v %#v %s %q %x %d\n", v, v, v, v, v, v, v)
			text, err := json.Marshal(v)
			fmt.Fprintln(&shown, string(text), err)
			k.Log.Info("source", "source", v)
		}
	}
	write(t, file, marker+"3")
	k.Look(t.Context())
	server.Fail(status.Error(codes.Internal, "down"))
	_ = os.Remove(file)
	k.Look(t.Context())
	for _, bad := range []secret.Text{"gcp-secret:" + marker, "env: " + marker, "credential:/" + marker, "file:\x00" + marker} {
		_, err := k.Open(t.Context(), "key", bad)
		fmt.Fprintln(&shown, err, secrets.Check(bad))
	}
	fmt.Fprintf(&shown, "%v %+v %#v\n%s", k, k, k, log)
	if strings.Contains(shown.String(), marker) || strings.Contains(shown.String(), fmt.Sprintf("%x", marker)) {
		t.Errorf("shows the secret:\n%s", &shown)
	}
	if !strings.Contains(log.String(), "a secret was replaced") || !strings.Contains(log.String(), "stays in use") {
		t.Errorf("the log lacks what happened:\n%s", log)
	}
}

// TestResolve: a specification is itself, or the text that it refers to.
func TestResolve(t *testing.T) {
	server := secretstest.Start(t)
	server.Add(name, "postgresql:password=hunter2")
	for _, test := range []struct{ value, want, err string }{
		{value: "", want: ""},
		{value: "kcidb", want: "kcidb"},
		{value: "file", want: "file"}, // a data set of BigQuery
		{value: "sqlite:x", want: "sqlite:x"},
		{value: "gcp-secret:" + name, want: "postgresql:password=hunter2"},
		{value: "gcp-secret:" + name + "2", err: "gcp-secret:" + name + "2/versions/latest: there is no such secret"},
		{value: "file:/no/such", err: "file:/no/such: open"},
		{value: "env:1", err: "expected env:NAME"},
	} {
		got, err := secrets.Resolve(t.Context(), test.value)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, want %q", test.value, err, test.err)
		}
		if err == nil && got != test.want {
			t.Errorf("%s: got %q", test.value, got)
		}
		if err == nil && secrets.Refers(secret.Text(test.value)) != (got != test.value) {
			t.Errorf("%s: Refers is wrong", test.value)
		}
	}
}

// FuzzCheck reads any value: it is a secret, a reference, or an error that does not show
// the value.
func FuzzCheck(f *testing.F) {
	for _, value := range []string{"", "x", "file:/x", "env:X", "credential:x", "gcp-secret:projects/p/secrets/s/versions/1", "gcp-secret:", "env:\x00"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		err := secrets.Check(secret.Text(value))
		scheme, _, _ := strings.Cut(value, ":")
		known := scheme == "file" || scheme == "env" || scheme == "credential" || scheme == "gcp-secret"
		if err != nil && !known {
			t.Errorf("%q is refused: %v", value, err)
		}
	})
}
