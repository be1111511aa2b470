// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// exposure is the maximum exposure that systemd may report for a unit, in
// tenths of its scale from 0 to 10. The remaining exposure comes from the use
// of the network.
const exposure = "15"

// units returns the texts of the units by file name.
func units(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for path, text := range files(t) {
		dir, name := filepath.Split(path)
		if ext := filepath.Ext(name); dir == "systemd/" && (ext == ".service" || ext == ".target" || ext == ".timer") {
			found[name] = text
		}
	}
	if len(found) != 7 {
		t.Errorf("%d units, want 7", len(found))
	}
	return found
}

// tree creates a tree of files with the units, the program, and the files that
// any service refers to, so that the test does not depend on this machine.
func tree(t *testing.T, units map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	bin := filepath.Join(root, "usr/local/bin")
	dir := filepath.Join(root, "etc/systemd/system")
	for _, d := range []string{bin, dir} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write := func(path, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(bin, "kcidb"), "#!/bin/sh\n", 0o755)
	for _, target := range []string{"sysinit", "basic", "shutdown", "multi-user", "network-online", "timers"} {
		write(filepath.Join(dir, target+".target"), "[Unit]\nDescription="+target+"\n", 0o644)
	}
	for name, text := range units {
		write(filepath.Join(dir, name), text, 0o644)
	}
	return root
}

// verify returns systemd's complaints about the units.
func verify(t *testing.T, units map[string]string) string {
	t.Helper()
	args := []string{"verify", "--root=" + tree(t, units), "--man=no"}
	for name := range units {
		args = append(args, strings.Replace(name, "@.", "@1.", 1))
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

func TestSystemdUnderstandsTheUnits(t *testing.T) {
	need.Tool(t, "systemd-analyze", "systemd")
	if complaints := verify(t, units(t)); complaints != "" {
		t.Error(complaints)
	}
}

// TestSystemdFindsFaults: the test above can fail.
func TestSystemdFindsFaults(t *testing.T) {
	need.Tool(t, "systemd-analyze", "systemd")
	for _, c := range []struct{ unit, old, new, complaint string }{
		{"kcidb.service", "PrivateTmp=", "PrivatTmp=", "Unknown key 'PrivatTmp'"},
		{"kcidb.service", "[Service]", "[Services]", "Unknown section 'Services'"},
		{"kcidb.service", "ProtectSystem=strict", "ProtectSystem=strikt", "strikt"},
		{"kcidb.service", "RestartSec=10", "RestartSec=ten", "ten"},
		{"kcidb.service", "@privileged", "@privilegd", "@privilegd"},
		{"kcidb.service", "bin/kcidb serve", "bin/kcibd serve", "kcibd is not executable"},
		{"kcidb-load@.service", "Environment=", "Environment=1", "Invalid environment assignment"},
		{"kcidb.target", "[Unit]", "[Unit]\nRequires=kcidb-none.service", "kcidb-none.service not found"},
	} {
		t.Run(c.new, func(t *testing.T) {
			broken := units(t)
			broken[c.unit] = strings.ReplaceAll(broken[c.unit], c.old, c.new)
			if complaints := verify(t, broken); !strings.Contains(complaints, c.complaint) {
				t.Errorf("systemd says %q, want something with %q", complaints, c.complaint)
			}
		})
	}
}

// exposed reports whether systemd rates a service as more exposed than allowed,
// with systemd's reasons.
func exposed(t *testing.T, name, text string) (bool, string) {
	t.Helper()
	root := tree(t, map[string]string{name: text})
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--root="+root, "--offline=yes",
		"--threshold="+exposure, "--no-pager", strings.Replace(name, "@.", "@1.", 1)).CombinedOutput()
	if !strings.Contains(string(out), "Overall exposure level") {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	return err != nil, string(out)
}

func TestServicesAreHardened(t *testing.T) {
	need.Tool(t, "systemd-analyze", "systemd")
	for name, text := range units(t) {
		if filepath.Ext(name) != ".service" {
			continue
		}
		if much, why := exposed(t, name, text); much {
			t.Errorf("%s is exposed more than %s tenths:\n%s", name, exposure, why)
		}
		if much, _ := exposed(t, name, strings.Replace(text, hardening(t, name, text), "", 1)); !much {
			t.Errorf("%s is exposed no more without its hardening: the test finds nothing", name)
		}
	}
}

// hardening returns the part of a service's unit that restricts the service.
func hardening(t *testing.T, name, text string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "\n# The service can access only the parts of the machine that it needs.")
	part, _, ends := strings.Cut(rest, "\n\n")
	if !found || !ends {
		t.Fatalf("%s has no such part", name)
	}
	return part
}

func TestServicesAreHardenedAlike(t *testing.T) {
	all := units(t)
	want := hardening(t, "kcidb.service", all["kcidb.service"])
	for name, text := range all {
		if filepath.Ext(name) == ".service" && hardening(t, name, text) != want {
			t.Errorf("%s is not hardened as kcidb.service is", name)
		}
	}
}

// TestServicesRunTheProgram checks the commands of the services with the
// program.
func TestServicesRunTheProgram(t *testing.T) {
	for name, text := range units(t) {
		if filepath.Ext(name) != ".service" {
			continue
		}
		_, command, _ := strings.Cut(text, "\nExecStart=")
		command, _, _ = strings.Cut(command, "\n")
		words := strings.Fields(strings.NewReplacer("%d", "/run", "%S", "/var/lib").Replace(command))
		if len(words) == 0 || words[0] != "/usr/local/bin/kcidb" || strings.ContainsAny(command, `"'\`) {
			t.Errorf("%s: the test does not understand ExecStart=%s", name, command)
			continue
		}
		checkCommand(t, words[1:])
	}
}

// TestServicesAreConfigured creates a service from each unit, configured as in
// README.md. Services that notify must have a folder of subscriptions.
func TestServicesAreConfigured(t *testing.T) {
	scaled := strings.Join(configsOf(t), "")
	value := func(text, key string) string {
		_, rest, _ := strings.Cut(text, "\n"+key+"=")
		line, _, _ := strings.Cut(rest, "\n")
		return line
	}
	for name, text := range units(t) {
		if filepath.Ext(name) != ".service" {
			continue
		}
		env := map[string]string{}
		for line := range strings.Lines(text) {
			if assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "Environment="); ok {
				key, value, _ := strings.Cut(strings.ReplaceAll(assignment, "%i", "1"), "=")
				env[key] = value
			}
		}
		command := strings.Fields(strings.NewReplacer("%d", "/run", "%S", "/var/lib").Replace(value(text, "ExecStart")))
		if command[1] != "serve" {
			continue
		}
		lookup := func(variable string) (string, bool) { value, ok := env[variable]; return value, ok }
		config := checkConfig(t, name, scaled, command[1:], lookup)
		if config.Data != "" { // needs no configuration
			config = checkConfig(t, name, "", command[1:], lookup)
		}
		// ConfigurationDirectory= is below /etc, belongs to root, and is read-only
		// for the service.
		folder := value(text, "ConfigurationDirectory")
		if folder != "" {
			folder = "/etc/" + folder
		}
		tells := strings.Contains(config.Roles, "notify")
		if tells != (folder != "") || config.Subscriptions != folder || strings.Contains(text, "ReadWritePaths=") {
			t.Errorf("%s: subscriptions are in %q, there is %q", name, config.Subscriptions, folder)
		}
		if mode := value(text, "ConfigurationDirectoryMode"); tells && mode != "0755" {
			t.Errorf("%s: the folder of subscriptions has mode %q", name, mode)
		}
	}
}

func TestSystemdUnderstandsTheUser(t *testing.T) {
	need.Tool(t, "systemd-sysusers", "systemd")
	file, err := filepath.Abs("systemd/kcidb.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	root := "--root=" + tree(t, nil)
	out, err := exec.CommandContext(t.Context(), "systemd-sysusers", root, "--dry-run", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Creating user 'kcidb'") {
		t.Errorf("%v\n%s", err, out)
	}
}
