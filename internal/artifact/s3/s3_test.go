// SPDX-License-Identifier: Apache-2.0

package s3_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/artifacttest"
	"github.com/kcidb-go/kcidb/internal/artifact/s3"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// serve starts versitygw with a bucket "reports", and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	program := need.Installed(t, "bin/versitygw", "scripts/buckets")
	t.Setenv("AWS_ACCESS_KEY_ID", "tester")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of buckets")
	dir, at := t.TempDir(), address.Reserve(t)
	for _, folder := range []string{"data/reports", "sidecar"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	server := exec.Command(program, "--access", "tester", "--secret", "of buckets", "--port", at, "--quiet",
		"posix", "--sidecar", filepath.Join(dir, "sidecar"), filepath.Join(dir, "data"))
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	eventually.True(t, "the server answers", func() bool {
		c, err := net.Dial("tcp", at)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return at
}

func open(t *testing.T, spec string) *artifact.Store {
	t.Helper()
	b, err := s3.Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	return &artifact.Store{Bucket: b}
}

func TestS3(t *testing.T) {
	at := serve(t)
	var n atomic.Int64
	t.Run("suite", func(t *testing.T) {
		artifacttest.Run(t, func(t *testing.T) *artifact.Store {
			return open(t, fmt.Sprintf("s3://reports/of/test%d?endpoint=http://%s&path_style=true", n.Add(1), at))
		})
	})
	t.Run("no bucket", func(t *testing.T) {
		s := open(t, "s3://absent?endpoint=http://"+at+"&path_style=true")
		if err := s.Put(t.Context(), []byte("x")); !errors.Is(err, artifact.ErrMissing) {
			t.Errorf("put: %v", err)
		}
	})
	t.Run("wrong key", func(t *testing.T) {
		t.Setenv("AWS_SECRET_ACCESS_KEY", "another")
		s := open(t, "s3://reports?endpoint=http://"+at+"&path_style=true")
		if err := s.Put(t.Context(), []byte("x")); !errors.Is(err, artifact.ErrForbidden) {
			t.Errorf("put: %v", err)
		}
	})
	t.Run("no server", func(t *testing.T) {
		s := open(t, "s3://reports?endpoint=http://"+address.Reserve(t)+"&path_style=true")
		if err := s.Put(t.Context(), []byte("x")); !errors.Is(err, artifact.ErrUnavailable) {
			t.Errorf("put: %v", err)
		}
	})
}

func TestSpecifications(t *testing.T) {
	for _, spec := range []string{"s3:", "s3://", "s3:///prefix", "s3://user:password@bucket", "s3://b?path_style=maybe", "s3://b?unknown=1"} {
		if _, err := s3.Open(spec); err == nil {
			t.Errorf("%s was opened", spec)
		}
	}
}
