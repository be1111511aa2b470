// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	deploy "github.com/kcidb-go/kcidb/deploy/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
	"github.com/kcidb-go/kcidb/internal/service"
)

// terraformFiles are the files of deploy/google/terraform.
type terraformFiles struct {
	bodies map[string]*hclsyntax.Body // by file name
	locals map[string]hcl.Expression
}

func readTerraform(t *testing.T) terraformFiles {
	t.Helper()
	paths, err := filepath.Glob("google/terraform/*.tf")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d files: %v", len(paths), err)
	}
	tf := terraformFiles{map[string]*hclsyntax.Body{}, map[string]hcl.Expression{}}
	parser := hclparse.NewParser()
	for _, path := range paths {
		file, diags := parser.ParseHCLFile(path)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		body := file.Body.(*hclsyntax.Body)
		tf.bodies[filepath.Base(path)] = body
		for _, block := range body.Blocks {
			if block.Type == "locals" {
				for name, a := range block.Body.Attributes {
					tf.locals[name] = a.Expr
				}
			}
		}
	}
	return tf
}

// blocks yields the blocks of a type at the top of all files.
func (tf terraformFiles) blocks(kind string) (all []*hclsyntax.Block) {
	for _, name := range slices.Sorted(maps.Keys(tf.bodies)) {
		for _, block := range tf.bodies[name].Blocks {
			if block.Type == kind {
				all = append(all, block)
			}
		}
	}
	return all
}

// example has values of variables, which are known only when Terraform runs.
var example = map[string]cty.Value{
	"project": cty.StringVal("my-project"), "region": cty.StringVal("us-central1"), "dataset": cty.StringVal("kcidb"),
	"topic": cty.StringVal(names.Topic), "subscription": cty.StringVal(names.Subscription),
	"firestore": cty.StringVal(names.Database),
	"base_url":  cty.StringVal(""), "smtp": cty.StringVal("smtp://kcidb@smtp.example.org:587"),
	"mail_from": cty.StringVal("kcidb@example.org"), "mail_to_override": cty.StringVal(""),
	"image": cty.StringVal("us-central1-docker.pkg.dev/my-project/kcidb/kcidb:v1"),
}

// value evaluates an expression.
func (tf terraformFiles) value(t *testing.T, e hcl.Expression) cty.Value {
	t.Helper()
	return newPlan(t, tf).eval(e, nil)
}

// text evaluates an expression whose value is a text or a number.
func (tf terraformFiles) text(t *testing.T, e hcl.Expression) string {
	t.Helper()
	v := tf.value(t, e)
	if v.Type() == cty.Number {
		return v.AsBigFloat().String()
	}
	return v.AsString()
}

// TestTerraformNames holds the names of resources to those that the commands use.
func TestTerraformNames(t *testing.T) {
	tf := readTerraform(t)
	got := map[string]string{}
	for _, block := range tf.bodies["names.tf"].Blocks {
		for name, a := range block.Body.Attributes {
			got[name] = tf.text(t, a.Expr)
		}
	}
	want := map[string]string{
		"topic": names.Topic, "subscription": names.Subscription,
		"loaded_topic": names.LoadedTopic, "loaded_subscription": names.LoadedSubscription,
		"dead_suffix": names.DeadSuffix, "dead_keep_suffix": names.DeadKeepSuffix, "ack_deadline": "540",
		"database": names.Database, "collection": names.Collection,
		"jwt_secret": names.JWTSecret, "smtp_password": names.SMTPPassword,
		"web_account": names.WebAccount, "tasks_account": names.TasksAccount, "scheduler_account": names.SchedulerAccount,
		"web_service": names.WebService, "tasks_service": names.TasksService,
		"load_job": names.LoadJob, "notify_job": names.NotifyJob, "send_job": names.SendJob,
		"compact_job": names.CompactJob, "compacter": names.Compacter,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names.tf (-want +got):\n%s", diff)
	}
	if names.AckDeadline != 540 {
		t.Errorf("the deadline of the program is %d seconds", names.AckDeadline)
	}
	defaults := map[string]string{
		"dataset": names.Dataset, "region": names.Region, "topic": names.Topic, "subscription": names.Subscription,
		"firestore": names.Database,
	}
	for _, block := range tf.blocks("variable") {
		name := block.Labels[0]
		if want, ok := defaults[name]; ok {
			if got := tf.text(t, block.Body.Attributes["default"].Expr); got != want {
				t.Errorf("the default of %s is %s, and that of the commands %s", name, got, want)
			}
		}
	}
}

func TestTerraformAPIs(t *testing.T) {
	var got []string
	for _, block := range readTerraform(t).blocks("resource") {
		if block.Labels[0] != "google_project_service" {
			continue
		}
		set := block.Body.Attributes["for_each"].Expr.(*hclsyntax.FunctionCallExpr)
		for _, e := range set.Args[0].(*hclsyntax.TupleConsExpr).Exprs {
			v, _ := e.Value(nil)
			got = append(got, v.AsString())
		}
	}
	if diff := cmp.Diff(names.APIs(), got); diff != "" {
		t.Errorf("the enabled APIs (-want +got):\n%s", diff)
	}
	var documented []string
	for _, words := range gcloudCommands(t) {
		if words[0] == "services" && words[1] == "enable" {
			documented = append(documented, words[2:]...)
		}
	}
	if diff := cmp.Diff(names.APIs(), documented); diff != "" {
		t.Errorf("the APIs that docs/google-cloud.md enables (-want +got):\n%s", diff)
	}
}

// TestTerraformEnvironment creates the services, without starting them, in the
// environments that they get.
func TestTerraformEnvironment(t *testing.T) {
	tf := readTerraform(t)
	secrets := secretstest.Start(t)
	for _, name := range []string{names.JWTSecret, names.SMTPPassword} {
		secrets.Add("projects/my-project/secrets/"+name, "secret")
	}
	for _, name := range []string{"web_environment", "tasks_environment"} {
		env := tf.value(t, tf.locals[name]).AsValueMap()
		for key := range env {
			if !slices.Contains(service.Variables(), key) {
				t.Errorf("%s: %s is no key of the configuration", name, key)
			}
		}
		config := checkConfig(t, name, "", []string{"serve"}, func(key string) (string, bool) {
			v, ok := env[key]
			if !ok {
				return "", false
			}
			return v.AsString(), true
		})
		if config.Listen != "0.0.0.0:8080" {
			t.Errorf("%s: the service listens at %s, and Cloud Run calls port 8080", name, config.Listen)
		}
	}
}

// TestTerraformCallers checks that no caller from outside reaches the tasks, and that
// Cloud Run leaves the tokens of callers alone.
func TestTerraformCallers(t *testing.T) {
	tf := readTerraform(t)
	got := map[string]string{}
	for _, block := range tf.blocks("resource") {
		if block.Labels[0] == "google_cloud_run_v2_service" {
			a := block.Body.Attributes
			got[block.Labels[1]] = fmt.Sprint(tf.text(t, a["ingress"].Expr), " ", tf.value(t, a["invoker_iam_disabled"].Expr).True())
		}
	}
	want := map[string]string{"web": "INGRESS_TRAFFIC_ALL true", "tasks": "INGRESS_TRAFFIC_INTERNAL_ONLY true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the services (-want +got):\n%s", diff)
	}
}

// TestTerraformReferences checks that all names in expressions are declared. Terraform
// itself checks them by "validate", but only with Google's provider.
func TestTerraformReferences(t *testing.T) {
	tf := readTerraform(t)
	declared := map[string]bool{"each": true, "path": true}
	for name := range tf.locals {
		declared["local."+name] = true
	}
	for _, block := range tf.blocks("variable") {
		declared["var."+block.Labels[0]] = true
		if block.Labels[0] != "project" && example[block.Labels[0]] == cty.NilVal && block.Body.Attributes["default"] == nil {
			t.Errorf("variable %s has no default", block.Labels[0])
		}
	}
	for _, block := range tf.blocks("resource") {
		declared[strings.Join(block.Labels, ".")] = true
	}
	for _, block := range tf.blocks("data") {
		declared["data."+strings.Join(block.Labels, ".")] = true
	}
	used := map[string]bool{}
	for file, body := range tf.bodies {
		hclsyntax.VisitAll(body, func(node hclsyntax.Node) hcl.Diagnostics {
			traversal, ok := node.(*hclsyntax.ScopeTraversalExpr)
			if !ok {
				return nil
			}
			parts := []string{traversal.Traversal.RootName()}
			for _, step := range traversal.Traversal[1:] {
				if a, ok := step.(hcl.TraverseAttr); ok {
					parts = append(parts, a.Name)
				} else {
					break
				}
			}
			n := map[string]int{"each": 1, "path": 1, "data": 3}[parts[0]]
			if n == 0 {
				n = 2
			}
			name := strings.Join(parts[:min(n, len(parts))], ".")
			used[name] = true
			// Loops of for expressions and dynamic blocks name their values.
			if !declared[name] && !slices.Contains([]string{"index", "field", "fields", "ttl_config", "env", "string", "number"}, parts[0]) {
				t.Errorf("%s: %s is not declared", file, name)
			}
			return nil
		})
	}
	for name := range declared {
		if (strings.HasPrefix(name, "local.") || strings.HasPrefix(name, "var.")) && !used[name] {
			t.Errorf("%s is not used", name)
		}
	}
}

// TestTerraformHasNoSecrets: Terraform keeps the values of all resources in its state.
func TestTerraformHasNoSecrets(t *testing.T) {
	tf := readTerraform(t)
	for _, block := range slices.Concat(tf.blocks("resource"), tf.blocks("data")) {
		if kind := block.Labels[0]; strings.Contains(kind, "secret_version") || strings.Contains(kind, "account_key") {
			t.Errorf("%s.%s puts a secret into the state", kind, block.Labels[1])
		}
	}
}

// indexes are the indexes and fields that firestore.indexes.json declares.
type indexes struct {
	Indexes []struct {
		CollectionGroup, QueryScope string
		Fields                      []struct{ FieldPath, Order, ArrayConfig string }
	}
	FieldOverrides []struct {
		CollectionGroup, FieldPath string
		TTL                        bool
		Indexes                    []struct{}
	}
}

func readIndexes(t *testing.T) (declared indexes) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(deploy.FirestoreIndexes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&declared); err != nil {
		t.Fatal(err)
	}
	return declared
}

// TestTerraformIndexes checks that the declared indexes have the form that the files read.
func TestTerraformIndexes(t *testing.T) {
	declared := readIndexes(t)
	keys := map[string]bool{}
	for _, index := range declared.Indexes {
		key := index.CollectionGroup
		for _, f := range index.Fields {
			key += "-" + f.FieldPath
			if (f.Order == "") == (f.ArrayConfig == "") {
				t.Errorf("%s: %s has not one of order and arrayConfig", key, f.FieldPath)
			}
		}
		if keys[key] || index.QueryScope != "COLLECTION" || !strings.HasPrefix(key, names.Collection) || len(index.Fields) < 2 {
			t.Errorf("index %s: %+v", key, index)
		}
		keys[key] = true
	}
	for _, f := range declared.FieldOverrides {
		key := f.CollectionGroup + "-" + f.FieldPath
		if keys[key] || len(f.Indexes) > 0 || !strings.HasPrefix(key, names.Collection) {
			t.Errorf("field %s: %+v", key, f)
		}
		keys[key] = true
	}
	if len(declared.Indexes) == 0 {
		t.Error("no indexes")
	}
}

// TestTerraformCompacter checks that the program knows the command of the job.
func TestTerraformCompacter(t *testing.T) {
	tf := readTerraform(t)
	found := false
	hclsyntax.VisitAll(tf.bodies["run.tf"], func(node hclsyntax.Node) hcl.Diagnostics {
		if a, ok := node.(*hclsyntax.Attribute); ok && a.Name == "args" {
			var args []string
			for _, v := range tf.value(t, a.Expr).AsValueSlice() {
				args = append(args, v.AsString())
			}
			checkCommand(t, args)
			found = found || strings.HasPrefix(strings.Join(args, " "), "db compact ")
		}
		return nil
	})
	if !found {
		t.Error("no job compacts")
	}
}

// permission is a role of an account on a kind of resource.
type permission struct{ account, role, on string }

// TestTerraformPermissions holds the permissions to the table of docs/google-cloud.md.
func TestTerraformPermissions(t *testing.T) {
	var got []permission
	for _, block := range readTerraform(t).blocks("resource") {
		kind, ok := strings.CutSuffix(strings.TrimPrefix(block.Labels[0], "google_"), "_iam_member")
		if !ok {
			if strings.Contains(block.Labels[0], "_iam_") {
				t.Errorf("%s.%s may take roles of other accounts away: use iam_member", block.Labels[0], block.Labels[1])
			}
			continue
		}
		account, _, _ := strings.Cut(block.Labels[1], "_")
		role, _ := block.Body.Attributes["role"].Expr.Value(nil)
		got = append(got, permission{account, role.AsString(), map[string]string{
			"pubsub_topic": "topic", "pubsub_subscription": "subscription", "bigquery_dataset": "data set", "project": "project",
			"secret_manager_secret": "secret", "storage_bucket": "bucket", "cloud_run_v2_service": "service", "cloud_run_v2_job": "job",
		}[kind]})
	}
	guide, err := os.ReadFile("../docs/google-cloud.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []permission
	for _, row := range regexp.MustCompile("(?m)^\\| (\\w+) \\| `(roles/[\\w.]+)` \\| ([a-z ]+)(?:[:,`].*)? \\|").FindAllStringSubmatch(string(guide), -1) {
		want = append(want, permission{row[1], row[2], strings.TrimSpace(row[3])})
	}
	order := func(a, b permission) int { return strings.Compare(a.account+a.role+a.on, b.account+b.role+b.on) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if diff := cmp.Diff(slices.Compact(want), slices.Compact(got), cmp.AllowUnexported(permission{})); diff != "" {
		t.Errorf("permissions (-docs/google-cloud.md +terraform):\n%s", diff)
	}
}

// TestTerraformFormat checks the format, and with Google's provider everything.
func TestTerraformFormat(t *testing.T) {
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is missing: Debian has no package of it")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("google")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, terraform, args...)
		cmd.Dir = filepath.Join(dir, "terraform")
		cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		return out.String(), err
	}
	if out, err := run("fmt", "-check", "-diff", "-no-color"); err != nil {
		t.Errorf("terraform fmt: %v\n%s", err, out)
	}
	if out, err := run("init", "-backend=false", "-input=false", "-no-color"); err != nil {
		t.Skipf("the provider cannot be downloaded, so terraform validate is left out: %v\n%s", err, out)
	}
	if out, err := run("validate", "-no-color"); err != nil {
		t.Errorf("terraform validate: %v\n%s", err, out)
	}
}
