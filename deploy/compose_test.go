// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/service"
)

var composeFiles = []string{"compose.yaml", "compose.scaled.yaml"}

// secretsOf returns an environment as somebody has filled env.example in: each
// of the secrets has a value of its own.
func secretsOf(t *testing.T) types.Mapping {
	t.Helper()
	variables, err := dotenv.Read("compose/env.example")
	if err != nil {
		t.Fatal(err)
	}
	env := types.Mapping{}
	for name, value := range variables {
		if env[name] = value; value == "" {
			env[name] = "1e5" + strings.ToLower(strings.ReplaceAll(name, "_", ""))
		}
	}
	return env
}

// load reads a compose file as Compose does, with its schema, its references
// and its variables checked.
func load(t *testing.T, name, text string, env types.Mapping) (*types.Project, error) {
	t.Helper()
	dir, err := filepath.Abs("compose")
	if err != nil {
		t.Fatal(err)
	}
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, name), Content: []byte(text)}},
		Environment: env,
	})
}

func mustLoad(t *testing.T, name string) *types.Project {
	t.Helper()
	project, err := load(t, name, files(t)["compose/"+name], secretsOf(t))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return project
}

func TestComposeUnderstandsItsFiles(t *testing.T) {
	for _, name := range composeFiles {
		project := mustLoad(t, name)
		for _, config := range project.Configs {
			if _, err := os.Stat(config.File); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for container, s := range project.Services {
			if s.Build == nil {
				continue
			}
			if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
				t.Errorf("%s: %s: %v", name, container, err)
			}
		}
	}
}

// TestComposeFindsFaults makes sure that the test above can fail.
func TestComposeFindsFaults(t *testing.T) {
	text := files(t)["compose/compose.scaled.yaml"]
	for _, c := range []struct{ old, new, complaint string }{
		{"read_only: true", "readonly: true", "readonly"},
		{"retries: 5", "retries: five", "retries"},
		{"secrets: [jwt_secret]", "secrets: [jwt]", "undefined secret"},
		{"networks: [inside]", "networks: [insid]", "undefined network"},
		{"condition: service_healthy", "condition: service_well", "condition"},
		{"    volumes:\n", "    volumes:\n    volumes:\n", "already defined"},
	} {
		t.Run(c.new, func(t *testing.T) {
			broken := strings.ReplaceAll(text, c.old, c.new)
			_, err := load(t, "compose.scaled.yaml", broken, secretsOf(t))
			if err == nil || !strings.Contains(err.Error(), c.complaint) {
				t.Errorf("Compose says %v, want something with %q", err, c.complaint)
			}
		})
	}
}

func TestComposeAsksForMissingSecrets(t *testing.T) {
	text := files(t)["compose/compose.scaled.yaml"]
	for name := range secretsOf(t) {
		if name == "VERSION" {
			continue
		}
		env := secretsOf(t)
		env[name] = "" // as env.example has it
		_, err := load(t, "compose.scaled.yaml", text, env)
		if err == nil || !strings.Contains(err.Error(), name+" is missing a value: set it in .env") {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestContainersHaveLeastPrivilege(t *testing.T) {
	for _, name := range composeFiles {
		for container, s := range mustLoad(t, name).Services {
			var capabilities []string
			root := regexp.MustCompile(`^0*(:|$)`).MatchString(s.User)
			if container == "nats-volume" { // only root gives a volume to its user
				capabilities, root = []string{"CHOWN"}, false
			}
			if root {
				t.Errorf("%s: %s runs as root", name, container)
			}
			if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.CapAdd, capabilities) {
				t.Errorf("%s: %s has the capabilities %v, without %v", name, container, s.CapAdd, s.CapDrop)
			}
			if !s.ReadOnly || s.Privileged || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
				t.Errorf("%s: %s may more than it needs", name, container)
			}
			for _, port := range s.Ports {
				if port.HostIP != "127.0.0.1" {
					t.Errorf("%s: %s is open to the world at port %s", name, container, port.Published)
				}
			}
		}
	}
}

func TestImagesArePinned(t *testing.T) {
	for _, name := range composeFiles {
		for container, s := range mustLoad(t, name).Services {
			if s.Build == nil && !pinned.MatchString(s.Image) {
				t.Errorf("%s: %s uses %s, which has no version", name, container, s.Image)
			}
		}
	}
	for _, image := range []string{"postgres", "postgres:latest", "nats:alpine"} {
		if pinned.MatchString(image) {
			t.Errorf("%s is taken for one that has a version", image)
		}
	}
}

// TestSecretsAreNotInTheFiles looks for values that do not come from outside,
// and for those that everybody on the machine can see.
func TestSecretsAreNotInTheFiles(t *testing.T) {
	secrets := secretsOf(t)
	delete(secrets, "VERSION")
	hasSecret := func(text string) bool {
		for _, value := range secrets {
			if strings.Contains(text, value) {
				return true
			}
		}
		return false
	}
	variable := regexp.MustCompile(`(PASSWORD|TOKEN|SECRET)$|^KCIDB_(DATABASE|QUEUE)$`)
	for _, name := range composeFiles {
		for container, s := range mustLoad(t, name).Services {
			for key, value := range s.Environment {
				if variable.MatchString(key) && !hasSecret(*value) {
					t.Errorf("%s: %s has %s, which does not come from .env", name, container, key)
				}
			}
			if command := slices.Concat(s.Entrypoint, s.Command); slices.ContainsFunc(command, hasSecret) {
				t.Errorf("%s: %s has a secret in its command", name, container)
			}
		}
	}
}

// TestContainersRunTheProgram checks the commands of KCIDB's containers with
// the program, and their environment with the configuration.
func TestContainersRunTheProgram(t *testing.T) {
	for _, name := range composeFiles {
		for container, s := range mustLoad(t, name).Services {
			if s.Build == nil {
				continue
			}
			checkCommand(t, s.Command)
			config, err := service.LoadConfig("", func(variable string) (string, bool) {
				value, ok := s.Environment[variable]
				if !ok || value == nil {
					return "", false
				}
				return *value, true
			})
			if err != nil {
				t.Errorf("%s: %s: %v", name, container, err)
			}
			if config.Queue == "" {
				continue
			}
			queue, err := jetstream.Parse(config.Queue)
			if err != nil || queue.User != secretsOf(t)["NATS_TOKEN"] {
				t.Errorf("%s: %s shows the queue %q: %v", name, container, queue.User, err)
			}
		}
	}
}

// TestNATSUnderstandsItsFile reads the file as the server does, with a token
// that looks like a number.
func TestNATSUnderstandsItsFile(t *testing.T) {
	nats := mustLoad(t, "compose.scaled.yaml").Services["nats"]
	for _, token := range []string{"", "123456", "1e5", "0x1f"} {
		given := *nats.Environment["NATS_TOKEN"]
		want := secretsOf(t)["NATS_TOKEN"]
		if token != "" {
			given, want = strings.Replace(given, want, token, 1), token
		}
		t.Setenv("NATS_TOKEN", given)
		options, err := server.ProcessConfigFile("compose/nats.conf")
		if err != nil {
			t.Fatal(err)
		}
		if options.Authorization != want {
			t.Errorf("the token is %q, want %q", options.Authorization, want)
		}
		if !options.JetStream || !options.SyncAlways || options.StoreDir != "/data" || options.HTTPHost != "127.0.0.1" {
			t.Errorf("JetStream is %v, in %s, syncing always is %v, watched at %s",
				options.JetStream, options.StoreDir, options.SyncAlways, options.HTTPHost)
		}
	}
}
