// SPDX-License-Identifier: Apache-2.0

package googletest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	iampb "cloud.google.com/go/iam/admin/apiv1/adminpb"
	policypb "cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	bigquery "google.golang.org/api/bigquery/v2"

	"github.com/kcidb-go/kcidb/internal/google/names"
)

// Path returns the name of a resource of the project.
func (p *Project) Path(format string, args ...any) string {
	return "projects/" + p.ID + "/" + fmt.Sprintf(format, args...)
}

// Email returns the address of a service account of the project.
func (p *Project) Email(id string) string { return id + "@" + p.ID + ".iam.gserviceaccount.com" }

// Grant grants a role on a resource to accounts.
func (p *Project) Grant(resource, role string, emails ...string) {
	policy := p.getPolicy(resource)
	b := &policypb.Binding{Role: role}
	for _, email := range emails {
		b.Members = append(b.Members, "serviceAccount:"+email)
	}
	policy.Bindings = append(policy.Bindings, b)
	p.Policies[resource] = policy
}

// Complete gives the project all that the Terraform files of deploy/google make, with
// the indexes of a file of Firebase's tools.
func (p *Project) Complete(t testing.TB, indexes []byte) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, api := range names.APIs() {
		p.APIs[api] = true
	}
	web, tasks, scheduler := p.Email(names.WebAccount), p.Email(names.TasksAccount), p.Email(names.SchedulerAccount)
	for _, email := range []string{web, tasks, scheduler} {
		p.Accounts[p.Path("serviceAccounts/%s", email)] = &iampb.ServiceAccount{Email: email}
	}
	p.completeQueue(names.Topic, names.Subscription, web)
	p.completeQueue(names.LoadedTopic, names.LoadedSubscription, tasks)
	p.Datasets[names.Dataset] = &Dataset{Labels: map[string]string{"kcidb_schema": "1"}, Access: []*bigquery.DatasetAccess{
		{Role: "OWNER", SpecialGroup: "projectOwners"}, {Role: "READER", UserByEmail: web}, {Role: "WRITER", UserByEmail: tasks},
	}}
	p.Grant("projects/"+p.ID, "roles/bigquery.jobUser", web, tasks)
	p.Grant("projects/"+p.ID, "roles/datastore.viewer", web)
	p.Grant("projects/"+p.ID, "roles/datastore.user", tasks)
	p.Databases[p.Path("databases/%s", names.Database)] = &adminpb.Database{Type: adminpb.Database_FIRESTORE_NATIVE}
	p.completeIndexes(t, indexes)
	for secret, reader := range map[string]string{names.JWTSecret: web, names.SMTPPassword: tasks} {
		p.Secrets.Add(p.Path("secrets/%s", secret), "hunter2")
		p.Grant(p.Path("secrets/%s", secret), "roles/secretmanager.secretAccessor", reader)
	}
	p.Services[p.Path("locations/%s/services/%s", names.Region, names.WebService)] = RunService{Status: http.StatusOK, Ingress: "INGRESS_TRAFFIC_ALL"}
	p.Services[p.Path("locations/%s/services/%s", names.Region, names.TasksService)] = RunService{
		Status: http.StatusNotFound, Ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY",
		Env: map[string]string{"KCIDB_TASKS_AUDIENCE": TasksURL, "KCIDB_TASKS_ACCOUNTS": scheduler},
	}
	bucket := names.Bucket(p.ID)
	p.Buckets[bucket] = true
	p.Grant(BucketPolicy(bucket), "roles/storage.objectViewer", tasks)
	p.completeJobs(scheduler)
}

// TasksURL is the address of names.TasksService in a complete project.
const TasksURL = "https://kcidb-tasks.example.org"

func (p *Project) completeJobs(scheduler string) {
	add := func(id string, target *schedulerpb.HttpTarget) {
		target.HttpMethod = schedulerpb.HttpMethod_POST
		p.Jobs[p.Path("locations/%s/jobs/%s", names.Region, id)] = &schedulerpb.Job{
			State: schedulerpb.Job_ENABLED, Target: &schedulerpb.Job_HttpTarget{HttpTarget: target},
		}
	}
	for _, job := range names.Jobs() {
		add(job.ID, &schedulerpb.HttpTarget{Uri: TasksURL + job.Path, AuthorizationHeader: &schedulerpb.HttpTarget_OidcToken{
			OidcToken: &schedulerpb.OidcToken{ServiceAccountEmail: scheduler, Audience: TasksURL},
		}})
	}
	compacter := p.Path("locations/%s/jobs/%s", names.Region, names.Compacter)
	p.RunJobs[compacter] = []string{"db", "compact", "-d", "bigquery:" + p.ID + "." + names.Dataset}
	p.Grant(compacter, "roles/run.invoker", scheduler)
	add(names.CompactJob, &schedulerpb.HttpTarget{Uri: "https://run.googleapis.com/v2/" + compacter + ":run",
		AuthorizationHeader: &schedulerpb.HttpTarget_OauthToken{OauthToken: &schedulerpb.OAuthToken{ServiceAccountEmail: scheduler}}})
}

func (p *Project) completeQueue(topic, subscription, publisher string) {
	agent := "service-123@gcp-sa-pubsub.iam.gserviceaccount.com"
	tasks := p.Email(names.TasksAccount)
	dead := topic + names.DeadSuffix
	p.Topics[p.Path("topics/%s", topic)] = true
	p.Topics[p.Path("topics/%s", dead)] = true
	p.Subscriptions[p.Path("subscriptions/%s", subscription)] = &pubsubpb.Subscription{
		Topic: p.Path("topics/%s", topic), AckDeadlineSeconds: names.AckDeadline, ExpirationPolicy: &pubsubpb.ExpirationPolicy{},
		DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: p.Path("topics/%s", dead), MaxDeliveryAttempts: 100},
	}
	p.Subscriptions[p.Path("subscriptions/%s", topic+names.DeadKeepSuffix)] = &pubsubpb.Subscription{
		Topic: p.Path("topics/%s", dead), AckDeadlineSeconds: 60, ExpirationPolicy: &pubsubpb.ExpirationPolicy{},
	}
	p.Grant(p.Path("topics/%s", topic), "roles/pubsub.publisher", publisher)
	p.Grant(p.Path("topics/%s", dead), "roles/pubsub.publisher", tasks, agent)
	p.Grant(p.Path("subscriptions/%s", subscription), "roles/pubsub.subscriber", tasks, agent)
	p.Grant(p.Path("subscriptions/%s", subscription), "roles/pubsub.viewer", tasks, p.Email(names.WebAccount))
}

func (p *Project) completeIndexes(t testing.TB, declaration []byte) {
	t.Helper()
	var declared struct {
		Indexes []struct {
			CollectionGroup string
			Fields          []struct{ FieldPath, Order, ArrayConfig string }
		}
		FieldOverrides []struct {
			CollectionGroup, FieldPath string
			TTL                        bool
		}
	}
	if err := json.Unmarshal(declaration, &declared); err != nil {
		t.Fatal(err)
	}
	for _, f := range declared.FieldOverrides {
		if f.TTL {
			name := p.Path("databases/%s/collectionGroups/%s/fields/%s", names.Database, f.CollectionGroup, f.FieldPath)
			p.Fields[name] = &adminpb.Field{Name: name, TtlConfig: &adminpb.Field_TtlConfig{State: adminpb.Field_TtlConfig_ACTIVE}}
		}
	}
	for _, i := range declared.Indexes {
		made := &adminpb.Index{QueryScope: adminpb.Index_COLLECTION, State: adminpb.Index_READY}
		for _, f := range i.Fields {
			field := &adminpb.Index_IndexField{FieldPath: f.FieldPath}
			field.ValueMode = &adminpb.Index_IndexField_Order_{Order: adminpb.Index_IndexField_Order(adminpb.Index_IndexField_Order_value[f.Order])}
			if f.ArrayConfig != "" {
				field.ValueMode = &adminpb.Index_IndexField_ArrayConfig_{ArrayConfig: adminpb.Index_IndexField_CONTAINS}
			}
			made.Fields = append(made.Fields, field)
		}
		made.Fields = append(made.Fields, &adminpb.Index_IndexField{FieldPath: "__name__"})
		parent := p.Path("databases/%s/collectionGroups/%s", names.Database, i.CollectionGroup)
		p.Indexes[parent] = append(p.Indexes[parent], made)
	}
}
