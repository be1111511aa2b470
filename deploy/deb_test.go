// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// makeDeb makes a package with a small program in place of the binary, and returns its path.
func makeDeb(t *testing.T) string {
	t.Helper()
	need.Tool(t, "dpkg-deb", "dpkg")
	dir := t.TempDir()
	small := filepath.Join(dir, "small")
	if err := os.WriteFile(small, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "../scripts/deb", small, "amd64", "v1.2.3", dir)
	cmd.Env = append(os.Environ(), "TOOL="+program, "SOURCE_DATE_EPOCH=1751338800")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestPackage: the package has what it should, and equal sources give equal bytes.
func TestPackage(t *testing.T) {
	first, second := makeDeb(t), makeDeb(t)
	a, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("two packages of the same sources differ")
	}
	root := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "dpkg-deb", "-R", first, root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for path, mode := range map[string]os.FileMode{
		"usr/bin/kcidb": 0o755, "usr/lib/systemd/system/kcidb.service": 0o644, "usr/lib/systemd/system/kcidb-backup.timer": 0o644,
		"usr/lib/sysusers.d/kcidb.conf": 0o644, "etc/kcidb/kcidb.yaml": 0o640, "usr/share/man/man1/kcidb-doctor.1.gz": 0o644,
		"usr/share/bash-completion/completions/kcidb": 0o644, "usr/share/zsh/vendor-completions/_kcidb": 0o644,
		"usr/share/fish/vendor_completions.d/kcidb.fish": 0o644, "usr/share/doc/kcidb/copyright": 0o644, "DEBIAN/postinst": 0o755,
	} {
		if info, err := os.Stat(filepath.Join(root, path)); err != nil {
			t.Error(err)
		} else if info.Mode() != mode {
			t.Errorf("%s has the mode %v, want %v", path, info.Mode(), mode)
		}
	}
	unit, err := os.ReadFile(filepath.Join(root, "usr/lib/systemd/system/kcidb.service"))
	if err != nil || !strings.Contains(string(unit), "\nExecStart=/usr/bin/kcidb serve ") {
		t.Errorf("the unit does not start the program of the package: %v", err)
	}
}

// TestPackageIsSafe: the configuration of the package listens on this machine only. Commands
// that read it find the folders of the units.
func TestPackageIsSafe(t *testing.T) {
	config, err := service.LoadConfig("debian/kcidb.yaml", func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	if err := config.Check(t.Context()); err != nil || config.Open() {
		t.Errorf("open: %t, %v", config.Open(), err)
	}
	if config.Data != "/var/lib/kcidb" || config.SubscriptionsFolder() != "/etc/kcidb/subscriptions" {
		t.Errorf("data in %s, subscriptions in %s", config.Data, config.SubscriptionsFolder())
	}
}

// TestScriptsOfThePackage runs the scripts with programs that only note their arguments. The
// service is started by the first installation only.
func TestScriptsOfThePackage(t *testing.T) {
	for _, c := range []struct {
		script string
		args   []string
		want   string
	}{
		{"postinst", []string{"configure", ""}, "systemd-sysusers kcidb.conf\nchown root:kcidb /etc/kcidb/kcidb.yaml\n"},
		{"postinst", []string{"configure", "1.0"}, "systemd-sysusers kcidb.conf\nchown root:kcidb /etc/kcidb/kcidb.yaml\n"},
		{"postinst", []string{"abort-upgrade"}, ""},
		{"prerm", []string{"upgrade", "1.0"}, ""},
		{"prerm", []string{"remove"}, ""},
		{"postrm", []string{"purge"}, ""},
	} {
		bin := t.TempDir()
		notes := filepath.Join(bin, "notes")
		for _, name := range []string{"systemd-sysusers", "chown", "systemctl"} {
			text := "#!/bin/sh\n[ " + name + " = systemctl ] || echo " + name + ` "$@" >>` + notes + "\n"
			if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), "debian/"+c.script, c.args...)
		cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s %v: %v\n%s", c.script, c.args, err, out)
		}
		if got, _ := os.ReadFile(notes); string(got) != c.want {
			t.Errorf("%s %v runs\n%swant\n%s", c.script, c.args, got, c.want)
		}
	}
}
