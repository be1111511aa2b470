// SPDX-License-Identifier: Apache-2.0

package gs_test

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
	"github.com/kcidb-go/kcidb/internal/artifact/gs"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// serve starts fake-gcs-server with a bucket "reports".
func serve(t *testing.T) {
	t.Helper()
	program := need.Installed(t, "bin/fake-gcs-server", "scripts/buckets")
	data, at := t.TempDir(), address.Reserve(t)
	if err := os.Mkdir(filepath.Join(data, "reports"), 0o700); err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, "-scheme", "http", "-host", host, "-port", port, "-public-host", at,
		"-backend", "memory", "-data", data, "-log-level", "error")
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	t.Setenv("STORAGE_EMULATOR_HOST", at)
	eventually.True(t, "the server answers", func() bool {
		c, err := net.Dial("tcp", at)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func open(t *testing.T, spec string) *artifact.Store {
	t.Helper()
	b, err := gs.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return &artifact.Store{Bucket: b}
}

func TestGS(t *testing.T) {
	serve(t)
	var n atomic.Int64
	t.Run("suite", func(t *testing.T) {
		artifacttest.Run(t, func(t *testing.T) *artifact.Store {
			return open(t, fmt.Sprintf("gs://reports/of/test%d", n.Add(1)))
		})
	})
	t.Run("no bucket", func(t *testing.T) {
		if err := open(t, "gs://absent").Put(t.Context(), []byte("x")); err == nil {
			t.Error("put into a bucket that does not exist")
		}
	})
	t.Run("no server", func(t *testing.T) {
		t.Setenv("STORAGE_EMULATOR_HOST", address.Reserve(t))
		s := open(t, "gs://reports")
		if _, err := s.Get(t.Context(), artifact.Digest(nil)); !errors.Is(err, artifact.ErrUnavailable) {
			t.Errorf("get: %v", err)
		}
	})
}

func TestSpecifications(t *testing.T) {
	for _, spec := range []string{"gs:", "gs://", "gs:///prefix", "gs://user@bucket", "gs://b?endpoint=x"} {
		if _, err := gs.Open(t.Context(), spec); err == nil {
			t.Errorf("%s was opened", spec)
		}
	}
}
