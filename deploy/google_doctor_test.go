// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	deploy "github.com/kcidb-go/kcidb/deploy/google"
	"github.com/kcidb-go/kcidb/internal/google/doctor"
	"github.com/kcidb-go/kcidb/internal/google/googletest"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// checks are the names of the doctor's checks of a resource, by kind, with the attribute
// that has the name of the resource.
var checks = map[string]struct{ check, attribute string }{
	"google_project_service":       {"API", "service"},
	"google_service_account":       {"service account", "account_id"},
	"google_pubsub_topic":          {"topic", "name"},
	"google_pubsub_subscription":   {"subscription", "name"},
	"google_bigquery_dataset":      {"dataset", "dataset_id"},
	"google_firestore_database":    {"Firestore database", "name"},
	"google_secret_manager_secret": {"secret", "secret_id"},
	"google_storage_bucket":        {"bucket", "name"},
	"google_cloud_run_v2_service":  {"Cloud Run service", "name"},
	"google_cloud_run_v2_job":      {"Cloud Run job", "name"},
	"google_cloud_scheduler_job":   {"Scheduler job", "name"},

	// Permissions on resources.
	"google_pubsub_topic_iam_member":          {"topic", "topic"},
	"google_pubsub_subscription_iam_member":   {"subscription", "subscription"},
	"google_bigquery_dataset_iam_member":      {"dataset", "dataset_id"},
	"google_project_iam_member":               {"project", "project"},
	"google_secret_manager_secret_iam_member": {"secret", "secret_id"},
	"google_storage_bucket_iam_member":        {"bucket", "bucket"},
	"google_cloud_run_v2_job_iam_member":      {"Cloud Run job", "name"},
}

// check returns the name of the doctor's check of an instance, or "": the indexes and fields
// of Firestore are checked by their declaration, and services may run images of any registry.
func (p *plan) check(i instance) string {
	p.t.Helper()
	how, ok := checks[i.kind]
	switch {
	case i.kind == "google_firestore_index" || i.kind == "google_firestore_field" || i.kind == "google_artifact_registry_repository":
		return ""
	case !ok:
		p.t.Errorf("the doctor checks no %s", i.kind)
		return ""
	}
	name := how.check + " " + p.attribute(i, how.attribute)
	if !strings.HasSuffix(i.kind, "_iam_member") {
		return name
	}
	member := strings.TrimPrefix(p.attribute(i, "member"), "serviceAccount:")
	return fmt.Sprintf("%s of %s on %s", p.attribute(i, "role"), strings.TrimSuffix(member, "@my-project.iam.gserviceaccount.com"), name)
}

// TestDoctorChecksTerraform holds the checks of "kcidb cloud doctor" to the resources and
// permissions that Terraform makes: the doctor checks each, and nothing else.
func TestDoctorChecksTerraform(t *testing.T) {
	p := newPlan(t, readTerraform(t))
	var want []string
	for _, block := range p.blocks("resource") {
		for _, i := range p.instances(block) {
			if name := p.check(i); name != "" {
				want = append(want, name)
			}
		}
	}
	server := googletest.Start(t, "my-project")
	server.Complete(t, deploy.FirestoreIndexes)
	config := doctor.Defaults("my-project")
	config.Indexes = deploy.FirestoreIndexes
	var got []string
	if err := doctor.Run(t.Context(), config, func(c doctor.Check) {
		if c.Status != doctor.OK {
			t.Errorf("in a complete project: %+v", c)
		}
		if !furtherCheck(c.Name) {
			got = append(got, c.Name)
		}
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks (-terraform +doctor):\n%s", diff)
	}
}

// furtherCheck reports whether a check is about the state of a resource.
func furtherCheck(name string) bool {
	return slices.ContainsFunc([]string{
		"credentials", "project ", "latest version of ", "answer of ", "callers of ", "tokens for ", "index of ", "time to live of ",
	}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// TestTerraformJobs holds the jobs of Cloud Scheduler to those that the doctor makes:
// their schedules, what they call, and with which token.
func TestTerraformJobs(t *testing.T) {
	p := newPlan(t, readTerraform(t))
	got := map[string]string{}
	for _, block := range p.blocks("resource") {
		if block.Labels[0] != "google_cloud_scheduler_job" {
			continue
		}
		for _, i := range p.instances(block) {
			target := instance{"http_target", block.Body.Blocks[0].Body, i.scope}
			token := block.Body.Blocks[0].Body.Blocks[0]
			words := []string{p.attribute(i, "schedule"), p.attribute(target, "http_method"), p.attribute(target, "uri"), token.Type}
			for _, name := range []string{"service_account_email", "audience"} {
				if a, ok := token.Body.Attributes[name]; ok {
					words = append(words, p.eval(a.Expr, i.scope).AsString())
				}
			}
			got[p.attribute(i, "name")] = strings.Join(words, " ")
		}
	}
	account := names.SchedulerAccount + "@my-project.iam.gserviceaccount.com"
	tasks := p.eval(p.locals["tasks_url"], nil).AsString()
	want := map[string]string{names.CompactJob: names.CompactSchedule + " POST https://run.googleapis.com/v2/projects/my-project/locations/" +
		names.Region + "/jobs/" + names.Compacter + ":run oauth_token " + account}
	for _, j := range names.Jobs() {
		want[j.ID] = fmt.Sprintf("%s POST %s oidc_token %s %s", j.Schedule, tasks+j.Path, account, tasks)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-internal/google/names +terraform):\n%s", diff)
	}
	environment := p.eval(p.locals["tasks_environment"], nil).AsValueMap()
	if a := environment["KCIDB_TASKS_AUDIENCE"].AsString(); a != tasks {
		t.Errorf("the service accepts tokens for %s, and the jobs send those for %s", a, tasks)
	}
	if a := environment["KCIDB_TASKS_ACCOUNTS"].AsString(); a != account {
		t.Errorf("the service accepts tokens of %s, and the jobs send those of %s", a, account)
	}
}

// TestTerraformAPIsOfResources checks that the project enables the API of each kind of
// resource.
func TestTerraformAPIsOfResources(t *testing.T) {
	apis := map[string]string{
		"artifact_registry": "artifactregistry", "bigquery": "bigquery", "cloud_run": "run", "cloud_scheduler": "cloudscheduler", "firestore": "firestore",
		"project_iam": "cloudresourcemanager", "project_service": "serviceusage", "pubsub": "pubsub",
		"secret_manager": "secretmanager", "service_account": "iam", "storage": "storage",
	}
	for _, block := range readTerraform(t).blocks("resource") {
		kind := strings.TrimPrefix(block.Labels[0], "google_")
		known := false
		for prefix, api := range apis {
			if strings.HasPrefix(kind, prefix) {
				known = true
				if !slices.Contains(names.APIs(), api+".googleapis.com") {
					t.Errorf("%s needs the API %s", block.Labels[0], api)
				}
			}
		}
		if !known {
			t.Errorf("the test does not know the API of %s", block.Labels[0])
		}
	}
}
