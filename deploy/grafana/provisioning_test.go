// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"os"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestProvisioning checks that Grafana's files have its format and contain no
// password.
func TestProvisioning(t *testing.T) {
	s := dataSource(t, "")
	if s.Type != postgresEdition.sources || s.User != "grafana" || s.JSONData["database"] != "kcidb" {
		t.Errorf("%+v", s)
	}
	if len(s.SecureJSONData) != 1 || s.SecureJSONData["password"] != "$KCIDB_GRAFANA_PASSWORD" {
		t.Error("the password does not come from the environment")
	}
	if s := dataSource(t, "bigquery/"); s.Type != bigQueryEdition.plugin || s.JSONData["defaultProject"] != "$KCIDB_GRAFANA_PROJECT" ||
		s.JSONData["MaxBytesBilled"] == nil || s.SecureJSONData != nil {
		t.Errorf("%+v", s)
	}
	for _, dir := range []string{"", "bigquery/"} {
		testProvider(t, dir)
	}
}

// provisioned is a data source in Grafana's files.
type provisioned struct {
	Name, UID, Type, Access, URL, User string
	JSONData                           map[string]any    `yaml:"jsonData"`
	SecureJSONData                     map[string]string `yaml:"secureJsonData"`
	Editable                           bool
}

// dataSource returns the data source in a folder's file.
func dataSource(t *testing.T, dir string) provisioned {
	t.Helper()
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []provisioned
	}
	read(t, dir+"provisioning/datasources/kcidb.yaml", &sources)
	if sources.APIVersion != 1 || len(sources.Datasources) != 1 {
		t.Fatalf("%+v", sources)
	}
	return sources.Datasources[0]
}

func testProvider(t *testing.T, dir string) {
	var providers struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Folder, Type    string
			DisableDeletion       bool `yaml:"disableDeletion"`
			AllowUIUpdates        bool `yaml:"allowUiUpdates"`
			UpdateIntervalSeconds int  `yaml:"updateIntervalSeconds"`
			Options               struct{ Path string }
		}
	}
	read(t, dir+"provisioning/dashboards/kcidb.yaml", &providers)
	if p := providers.Providers; providers.APIVersion != 1 || len(p) != 1 || p[0].Type != "file" || p[0].Options.Path == "" {
		t.Errorf("%+v", providers)
	}
}

// read decodes a YAML file. A key without a field in the value is an error.
func read(t *testing.T, file string, value any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(text, value, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
