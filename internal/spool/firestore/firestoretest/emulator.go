// SPDX-License-Identifier: Apache-2.0

package firestoretest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/address"
)

// emulatorJar is where Debian's package google-cloud-cli-firestore-emulator of Google has
// the emulator.
const emulatorJar = "/usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"

// startTime is how long the emulator may take to start.
const startTime = 2 * time.Minute

// StartEmulator starts Google's emulator, which ends with the test, and returns its
// address. Each project of the emulator is empty at first. The test is skipped if the
// emulator is not installed, in CI as well, because only Google's packages have it.
func StartEmulator(t testing.TB) (addr string) {
	t.Helper()
	java, err := exec.LookPath("java")
	if _, missing := os.Stat(jar()); err != nil || missing != nil {
		t.Skip("Google's Firestore emulator is not installed: apt-get install google-cloud-cli-firestore-emulator from https://packages.cloud.google.com/apt; the suite ran on the server of package firestoretest")
	}
	addr = address.Reserve(t)
	host, port, _ := net.SplitHostPort(addr)
	var log bytes.Buffer
	server := exec.Command(java, "-Xmx512m", "-cp", jar(), "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
		"start", "--host", host, "--port", port)
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		server.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		server.Process.Kill()
		<-ended
	})
	for end := time.Now().Add(startTime); ; time.Sleep(100 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return addr
		}
		select {
		case <-ended:
			t.Fatalf("the emulator ended: %s", &log)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("the emulator does not listen after %v", startTime)
		}
	}
}

// jar returns the path of the emulator.
func jar() string {
	if gcloud, err := exec.LookPath("gcloud"); err == nil {
		if real, err := filepath.EvalSymlinks(gcloud); err == nil {
			beside := filepath.Join(filepath.Dir(real), "../platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
			if _, err := os.Stat(beside); err == nil {
				return beside
			}
		}
	}
	return emulatorJar
}
