// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/service"
)

// program is the path of the program, built for the tests.
var program string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kcidb-deploy-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "kcidb")
	build := exec.Command("go", "build", "-o", program, "../cmd/kcidb")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as "make build", also in the race run
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// checkCommand runs a command line with --help, which succeeds only if the
// program knows the command and all its flags.
func checkCommand(t *testing.T, args []string) {
	t.Helper()
	args = append(args[:len(args):len(args)], "--help")
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Errorf("kcidb %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// keyVariables returns the environment variables that set keys of the
// configuration.
func keyVariables() map[string]bool {
	variables := map[string]bool{}
	config := reflect.TypeFor[service.Config]()
	for i := range config.NumField() {
		variables["KCIDB_"+strings.ToUpper(config.Field(i).Tag.Get("yaml"))] = true
	}
	return variables
}

func TestVariablesAreKeysOfTheConfiguration(t *testing.T) {
	known := keyVariables()
	variable := regexp.MustCompile(`\bKCIDB_[A-Z_]+`)
	used := 0
	for path, text := range files(t) {
		for _, name := range variable.FindAllString(text, -1) {
			used++
			if !known[name] {
				t.Errorf("%s: %s is no key of the configuration", path, name)
			}
		}
	}
	if used == 0 {
		t.Error("no variable is used anywhere: the test looks in the wrong place")
	}
}

func TestCommandsOfTheReadmeExist(t *testing.T) {
	readme := files(t)["README.md"]
	path := regexp.MustCompile(`\bdeploy/[\w./@*-]*\w`)
	for _, name := range path.FindAllString(readme, -1) {
		if found, err := filepath.Glob(filepath.Join("..", name)); err != nil || len(found) == 0 {
			t.Errorf("README.md: %s is not there", name)
		}
	}
	command := regexp.MustCompile(`(?m)(?:kcidb -- kcidb|^kcidb|run --rm (?:--no-deps )?\w+) ((?:db|mq|subscriptions) [^#|>\n]*)`)
	commands := command.FindAllStringSubmatch(readme, -1)
	if len(commands) == 0 {
		t.Error("README.md has no command: the test looks for the wrong thing")
	}
	for _, m := range commands {
		checkCommand(t, strings.Fields(m[1]))
	}
}

// configsOf returns the configurations in README.md.
func configsOf(t *testing.T) []string {
	t.Helper()
	var configs []string
	for _, m := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindAllStringSubmatch(files(t)["README.md"], -1) {
		configs = append(configs, m[1])
	}
	if len(configs) != 2 {
		t.Fatalf("README.md has %d configurations, want 2", len(configs))
	}
	return configs
}

// TestConfigurationOfTheReadmeIsUnderstood gives the service each configuration
// in README.md, and all of them together.
func TestConfigurationOfTheReadmeIsUnderstood(t *testing.T) {
	configs := configsOf(t)
	for _, text := range append(configs, strings.Join(configs, "")) {
		checkConfig(t, "README.md", text, []string{"serve"}, func(string) (string, bool) { return "", false })
	}
}

// checkConfig creates a service, without starting it, from a configuration, an
// environment and a command line. It returns the service's configuration.
func checkConfig(t *testing.T, what, file string, command []string, env func(string) (string, bool)) service.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kcidb.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := service.LoadConfig(path, env)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return config
	}
	if command[0] != "serve" {
		return config
	}
	for name, field := range map[string]*string{"--data": &config.Data, "--roles": &config.Roles} {
		for i, word := range command {
			if value, ok := strings.CutPrefix(word, name+"="); ok {
				*field = value
			} else if word == name {
				*field = command[i+1]
			}
		}
	}
	tried := config
	for _, secret := range []*string{&tried.JWTSecretFile, &tried.SMTPPasswordFile} {
		if *secret != "" { // the file does not exist on this machine
			if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			*secret = path
		}
	}
	if _, err := service.New(tried, slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if strings.Contains(config.Roles, "notify") && config.Data == "" && config.Subscriptions == "" {
		t.Errorf("%s: tells people, and has no subscriptions", what)
	}
	return config
}

// files returns the texts of the deployment files, by path.
func files(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"README.md", "systemd/*", "compose/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: nothing there: %v", pattern, err)
		}
		for _, path := range paths {
			if info, err := os.Stat(path); err != nil || info.IsDir() {
				continue // secrets of a developer who tried the file
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.ToSlash(path)] = string(text)
		}
	}
	return texts
}
