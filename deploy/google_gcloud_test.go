// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/kcidb-go/kcidb/internal/google/names"
	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
)

// TestGcloudEnvironment holds the environments that the guide writes to those of Terraform,
// and creates the services, without starting them.
func TestGcloudEnvironment(t *testing.T) {
	tf, written := readTerraform(t), runScript(t)
	secrets := secretstest.Start(t)
	for _, name := range []string{names.JWTSecret, names.SMTPPassword} {
		secrets.Add("projects/my-project/secrets/"+name, "secret")
	}
	for file, local := range map[string]string{"web.yaml": "web_environment", "tasks.yaml": "tasks_environment"} {
		want := map[string]string{}
		for key, v := range tf.value(t, tf.locals[local]).AsValueMap() {
			if v.AsString() != "" {
				want[key] = v.AsString()
			}
		}
		text, err := os.ReadFile(filepath.Join(written.folder, file))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		if err := yaml.UnmarshalWithOptions(text, &got, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-terraform +guide):\n%s", file, diff)
		}
		checkConfig(t, file, "", []string{"serve"}, func(key string) (string, bool) {
			v, ok := got[key]
			return v, ok
		})
	}
}

// TestGcloudRun holds the flags with which the guide makes the services and the job to
// those of Terraform.
func TestGcloudRun(t *testing.T) {
	p, run := newPlan(t, readTerraform(t)), runScript(t)
	want, got := map[string][]string{}, map[string][]string{}
	for _, block := range p.blocks("resource") {
		if kind := block.Labels[0]; kind == "google_cloud_run_v2_service" || kind == "google_cloud_run_v2_job" {
			want[p.eval(block.Body.Attributes["name"].Expr, nil).AsString()] = p.runFlags(block.Body)
		}
	}
	commands := append(run.begin("gcloud", "run", "deploy"), run.begin("gcloud", "run", "jobs", "create")...)
	for _, words := range commands {
		got[words[0]] = slices.Sorted(slices.Values(words[1:]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags of gcloud (-terraform +guide):\n%s", diff)
	}
	pushed := run.begin("docker", "push")
	if image := p.variables()["image"].AsString(); len(pushed) != 1 || pushed[0][0] != image {
		t.Errorf("the guide pushes %q, and the services run %s", pushed, image)
	}
	example, err := os.ReadFile("google/terraform/terraform.tfvars.example")
	if err != nil || !strings.Contains(string(example), `"`+pushed[0][0]+`"`) {
		t.Errorf("terraform.tfvars.example does not name the image that the guide pushes: %v", err)
	}
}

// nested returns the block of a type within a body, or nil.
func nested(body *hclsyntax.Body, kind string) *hclsyntax.Body {
	for _, block := range body.Blocks {
		if block.Type == kind {
			return block.Body
		}
	}
	return nil
}

// runFlags returns the sorted flags of gcloud for a service or a job of Cloud Run.
func (p *plan) runFlags(body *hclsyntax.Body) (flags []string) {
	add := func(flag, value string) { flags = append(flags, flag+"="+value) }
	text := func(body *hclsyntax.Body, attribute string) string {
		p.t.Helper()
		v := p.eval(body.Attributes[attribute].Expr, nil)
		if v.Type() == cty.Number {
			return v.AsBigFloat().String()
		}
		return v.AsString()
	}
	template := nested(body, "template")
	task := nested(template, "template") // of a job
	job := task != nil
	if job {
		template = task
		add("--task-timeout", text(template, "timeout"))
		add("--max-retries", text(template, "max_retries"))
	} else {
		add("--timeout", strings.TrimSuffix(text(template, "timeout"), "s"))
		add("--concurrency", text(template, "max_instance_request_concurrency"))
		add("--max-instances", text(nested(template, "scaling"), "max_instance_count"))
		add("--ingress", strings.ToLower(strings.Split(text(body, "ingress"), "_")[2]))
		add("--env-vars-file", map[string]string{names.WebService: "web.yaml", names.TasksService: "tasks.yaml"}[text(body, "name")])
		if p.eval(body.Attributes["invoker_iam_disabled"].Expr, nil).True() {
			flags = append(flags, "--no-invoker-iam-check")
		}
	}
	if _, ok := template.Attributes["execution_environment"]; ok {
		words := strings.Split(text(template, "execution_environment"), "_")
		add("--execution-environment", strings.ToLower(words[len(words)-1]))
	}
	if volume := nested(template, "volumes"); volume != nil {
		gcs := nested(volume, "gcs")
		add("--add-volume", fmt.Sprintf("name=%s,type=cloud-storage,bucket=%s,readonly=%t",
			text(volume, "name"), text(gcs, "bucket"), p.eval(gcs.Attributes["read_only"].Expr, nil).True()))
	}
	container := nested(template, "containers")
	if mount := nested(container, "volume_mounts"); mount != nil {
		add("--add-volume-mount", "volume="+text(mount, "name")+",mount-path="+text(mount, "mount_path"))
	}
	if probe := nested(container, "startup_probe"); probe != nil {
		add("--startup-probe", "httpGet.path="+text(nested(probe, "http_get"), "path"))
	}
	if port := nested(container, "ports"); port != nil {
		add("--port", text(port, "container_port"))
	}
	resources := nested(container, "resources")
	for name, limit := range p.eval(resources.Attributes["limits"].Expr, nil).AsValueMap() {
		add("--"+name, limit.AsString())
	}
	if boost, ok := resources.Attributes["startup_cpu_boost"]; ok && p.eval(boost.Expr, nil).True() {
		flags = append(flags, "--cpu-boost")
	}
	var args []string
	for _, v := range p.eval(container.Attributes["args"].Expr, nil).AsValueSlice() {
		args = append(args, v.AsString())
	}
	add("--args", strings.Join(args, ","))
	add("--image", text(container, "image"))
	add("--region", text(body, "location"))
	add("--service-account", text(template, "service_account"))
	slices.Sort(flags)
	return flags
}

// TestGcloudJobs holds the jobs of the Scheduler in the guide to those of the program.
func TestGcloudJobs(t *testing.T) {
	tf := readTerraform(t)
	url := tf.text(t, tf.locals["tasks_url"])
	account := names.SchedulerAccount + "@my-project.iam.gserviceaccount.com"
	common := []string{"--http-method=POST", "--location=" + names.Region, "--time-zone=Etc/UTC"}
	want, got := map[string][]string{}, map[string][]string{}
	for _, j := range names.Jobs() {
		want[j.ID] = append(slices.Clone(common), "--schedule="+j.Schedule, "--uri="+url+j.Path, "--attempt-deadline=180s",
			"--oidc-service-account-email="+account, "--oidc-token-audience="+url)
	}
	want[names.CompactJob] = append(slices.Clone(common), "--schedule="+names.CompactSchedule, "--oauth-service-account-email="+account,
		"--uri=https://run.googleapis.com/v2/projects/my-project/locations/"+names.Region+"/jobs/"+names.Compacter+":run")
	for _, words := range runScript(t).begin("gcloud", "scheduler", "jobs", "create", "http") {
		got[words[0]] = slices.Sorted(slices.Values(words[1:]))
	}
	for flags := range maps.Values(want) {
		slices.Sort(flags)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-internal/google/names +guide):\n%s", diff)
	}
}

// TestGcloudIndexes holds the indexes and fields that the guide makes in Firestore to those
// that are declared.
func TestGcloudIndexes(t *testing.T) {
	declared := readIndexes(t)
	database := "--database=" + names.Database
	var indexes, fields, ttls [][]string
	for _, index := range declared.Indexes {
		words := []string{database, "--async", "--collection-group=" + index.CollectionGroup}
		for _, f := range index.Fields {
			kind := "order=" + strings.ToLower(f.Order)
			if f.ArrayConfig != "" {
				kind = "array-config=" + strings.ToLower(f.ArrayConfig)
			}
			words = append(words, "--field-config=field-path="+f.FieldPath+","+kind)
		}
		indexes = append(indexes, words)
	}
	for _, f := range declared.FieldOverrides {
		group := "--collection-group=" + f.CollectionGroup
		fields = append(fields, []string{database, "--disable-indexes", "--async", f.FieldPath, group})
		if f.TTL {
			ttls = append(ttls, []string{f.FieldPath, database, group, "--enable-ttl"})
		}
	}
	run := runScript(t)
	if diff := cmp.Diff(indexes, run.begin("gcloud", "firestore", "indexes", "composite", "create")); diff != "" {
		t.Errorf("indexes (-declared +guide):\n%s", diff)
	}
	if diff := cmp.Diff(fields, run.begin("gcloud", "firestore", "indexes", "fields", "update")); diff != "" {
		t.Errorf("fields (-declared +guide):\n%s", diff)
	}
	if diff := cmp.Diff(ttls, run.begin("gcloud", "firestore", "fields", "ttls", "update")); diff != "" {
		t.Errorf("times to live (-declared +guide):\n%s", diff)
	}
}

// TestGcloudPermissions holds the roles that the guide grants to those of Terraform, on the
// topic of this program and on that of the Python system.
func TestGcloudPermissions(t *testing.T) {
	for _, test := range []struct {
		name, topic, subscription, database string
	}{
		{"own topic", names.Topic, names.Subscription, names.Database},
		{"beside the Python system", "kernelci_new", "kernelci_new_go", "kcidb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlan(t, readTerraform(t))
			p.given["topic"], p.given["subscription"] = cty.StringVal(test.topic), cty.StringVal(test.subscription)
			p.given["firestore"] = cty.StringVal(test.database)
			var want []string
			for _, block := range p.blocks("resource") {
				if !strings.HasSuffix(block.Labels[0], "_iam_member") {
					continue
				}
				for _, i := range p.instances(block) {
					condition := ""
					if b := nested(i.body, "condition"); b != nil {
						condition = " if " + p.eval(b.Attributes["expression"].Expr, nil).AsString()
					}
					want = append(want, fmt.Sprintf("%s of %s on %s%s", p.attribute(i, "role"),
						strings.TrimPrefix(p.attribute(i, "member"), "serviceAccount:"), p.attribute(i, checks[i.kind].attribute), condition))
				}
			}
			given := func(topic, subscription, database string) string {
				return fmt.Sprintf("topic=%s subscription=%s database=%q", topic, subscription, database)
			}
			with := given(test.topic, test.subscription, test.database)
			if !strings.Contains(guide(t), with) {
				t.Errorf("the guide does not give the names %s", with)
			}
			got := runScript(t, given(names.Topic, names.Subscription, names.Database), with).grants()
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("permissions (-terraform +guide):\n%s", diff)
			}
		})
	}
}

// TestTerraformAddresses checks that the guide names resources that exist.
func TestTerraformAddresses(t *testing.T) {
	declared := map[string]bool{}
	for _, block := range readTerraform(t).blocks("resource") {
		declared[strings.Join(block.Labels, ".")] = true
	}
	for _, address := range regexp.MustCompile(`google_[a-z_]+\.[a-z_]+`).FindAllString(guide(t), -1) {
		if !declared[address] {
			t.Errorf("the guide names %s, which does not exist", address)
		}
	}
}
