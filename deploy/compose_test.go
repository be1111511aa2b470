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

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/service"
)

var composeFiles = []string{"compose.yaml", "compose.scaled.yaml"}

// exampleOf returns the variables of env.example. With all it includes those in
// comments.
func exampleOf(t *testing.T, all bool) map[string]string {
	t.Helper()
	text := files(t)["compose/env.example"]
	if all {
		text = regexp.MustCompile(`(?m)^#([A-Z_]+=)`).ReplaceAllString(text, "$1")
	}
	variables, err := dotenv.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return variables
}

// filled returns the environment of a filled-in env.example: each secret has a
// value of its own.
func filled(t *testing.T, all bool) types.Mapping {
	t.Helper()
	env := types.Mapping{}
	for name, value := range exampleOf(t, all) {
		if env[name] = value; value == "" {
			env[name] = "1e5" + strings.ToLower(strings.ReplaceAll(name, "_", ""))
		}
	}
	return env
}

// secretsOf returns the secrets of the completely filled-in environment.
func secretsOf(t *testing.T) types.Mapping {
	t.Helper()
	env := filled(t, true)
	for name, value := range exampleOf(t, true) {
		if value != "" {
			delete(env, name)
		}
	}
	return env
}

// load reads a compose file as Compose does: it checks the schema, the
// references and the variables.
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
	project, err := load(t, name, files(t)["compose/"+name], filled(t, true))
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

// TestComposeFindsFaults: the test above can fail.
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
			_, err := load(t, "compose.scaled.yaml", broken, filled(t, true))
			if err == nil || !strings.Contains(err.Error(), c.complaint) {
				t.Errorf("Compose says %v, want something with %q", err, c.complaint)
			}
		})
	}
}

func TestComposeAsksForMissingSecrets(t *testing.T) {
	text := files(t)["compose/compose.scaled.yaml"]
	for name, value := range exampleOf(t, false) {
		if value != "" {
			continue
		}
		env := filled(t, false)
		env[name] = "" // as in env.example
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
			if container == "nats-volume" { // only root can give a volume to another user
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

// TestSecretsAreNotInTheFiles finds secrets written in the files, and secrets
// that every user of the machine can see.
func TestSecretsAreNotInTheFiles(t *testing.T) {
	secrets := secretsOf(t)
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
// the program, and their environment with the configuration, both with and
// without the optional settings.
func TestContainersRunTheProgram(t *testing.T) {
	for _, name := range composeFiles {
		for _, all := range []bool{true, false} {
			project, err := load(t, name, files(t)["compose/"+name], filled(t, all))
			if err != nil {
				t.Fatal(err)
			}
			for container, s := range project.Services {
				if s.Build == nil {
					continue
				}
				checkCommand(t, s.Command)
				config := checkConfig(t, name+": "+container, "", s.Command, func(variable string) (string, bool) {
					value, ok := s.Environment[variable]
					if !ok || value == nil {
						return "", false
					}
					return *value, true
				})
				if container != "init" {
					checkSettings(t, name+": "+container, config, s, all)
				}
				if config.Queue == "" {
					continue
				}
				queue, err := jetstream.Parse(string(config.Queue))
				if err != nil || queue.User != secretsOf(t)["NATS_TOKEN"] {
					t.Errorf("%s: %s shows the queue %q: %v", name, container, queue.User, err)
				}
			}
		}
	}
}

// checkSettings checks that a container's configuration has the settings that
// its role needs, and no others.
func checkSettings(t *testing.T, what string, config service.Config, s types.ServiceConfig, all bool) {
	t.Helper()
	tells, shows := strings.Contains(config.Roles, "notify"), strings.Contains(config.Roles, "web")
	want := service.DefaultConfig()
	if all && tells {
		env := filled(t, true)
		want.SMTP, want.MailFrom, want.MailToOverride = env["SMTP"], env["MAIL_FROM"], env["MAIL_TO_OVERRIDE"]
		want.SMTPPassword = secret.Text(env["SMTP_PASSWORD"])
	}
	if all && (tells || shows) {
		want.BaseURL = filled(t, true)["BASE_URL"]
	}
	if config.SMTP != want.SMTP || config.SMTPPassword != want.SMTPPassword || config.MailFrom != want.MailFrom ||
		config.MailToOverride != want.MailToOverride || config.BaseURL != want.BaseURL {
		t.Errorf("%s: mails from %q by %q, to %q, and pages at %q", what, config.MailFrom, config.SMTP, config.MailToOverride, config.BaseURL)
	}
	var folders []string
	for _, volume := range s.Volumes {
		if volume.Type != types.VolumeTypeBind {
			continue
		}
		folders = append(folders, volume.Target)
		if _, err := os.Stat(filepath.Join(volume.Source, "README.md")); err != nil || !volume.ReadOnly || bool(volume.Bind.CreateHostPath) {
			t.Errorf("%s: %s is not a folder to be read: %v", what, volume.Source, err)
		}
	}
	if !tells && (config.Subscriptions != "" || len(folders) > 0) || tells && !slices.Equal(folders, []string{config.Subscriptions}) {
		t.Errorf("%s: reads subscriptions in %q, and sees %q", what, config.Subscriptions, folders)
	}
}

// TestNATSUnderstandsItsFile reads the file like the server, with a token that
// looks like a number.
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
