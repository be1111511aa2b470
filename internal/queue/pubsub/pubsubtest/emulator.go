// SPDX-License-Identifier: Apache-2.0

package pubsubtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// Emulator starts Google's emulator. It ends with the test. Without Java or the emulator
// the test is skipped, also in CI: Debian has no package of the emulator.
func Emulator(t testing.TB) *Server {
	t.Helper()
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("java is missing, which Google's Pub/Sub emulator needs; the suite runs on the fake server alone")
	}
	jar := emulatorJar()
	if jar == "" {
		t.Skip("Google's Pub/Sub emulator is missing (gcloud components install pubsub-emulator; not in Debian); the suite runs on the fake server alone")
	}
	s := &Server{Address: address.Reserve(t)}
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(java, "-Xmx512m", "-jar", jar, "--host="+host, "--port="+port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually.Succeeds(t, func() error {
		client, err := pubsub.NewClient(t.Context(), "start", s.Options()...)
		if err != nil {
			return err
		}
		defer client.Close()
		_, err = client.TopicAdminClient.GetTopic(t.Context(), &pb.GetTopicRequest{Topic: "projects/start/topics/none"})
		if status.Code(err) == codes.NotFound {
			return nil
		}
		return fmt.Errorf("the emulator does not answer: %w", err)
	})
	return s
}

// emulatorJar returns the path of the emulator, or "".
func emulatorJar() string {
	for _, sdk := range sdkFolders() {
		found, _ := filepath.Glob(filepath.Join(sdk, "platform/pubsub-emulator/lib/*-all.jar"))
		if len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// sdkFolders returns the folders where Google's command line tools may be.
func sdkFolders() []string {
	folders := []string{"/usr/lib/google-cloud-sdk", "/opt/google-cloud-sdk", "/usr/local/google-cloud-sdk", "/snap/google-cloud-cli/current"}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, "google-cloud-sdk"))
	}
	for _, folder := range folders {
		if _, err := os.Stat(folder); err == nil {
			return folders
		}
	}
	// gcloud takes a second, so it is asked last.
	out, err := exec.Command("gcloud", "info", "--format=value(installation.sdk_root)").Output()
	if err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	return folders
}
