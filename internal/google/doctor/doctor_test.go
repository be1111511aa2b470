// SPDX-License-Identifier: Apache-2.0

package doctor_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"google.golang.org/genproto/googleapis/rpc/status"

	deploy "github.com/kcidb-go/kcidb/deploy/google"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/doctor"
	"github.com/kcidb-go/kcidb/internal/google/googletest"
	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
)

// project returns a project that lacks nothing.
func project(t *testing.T) *googletest.Project {
	t.Helper()
	p := googletest.Start(t, "p1")
	p.Complete(t, deploy.FirestoreIndexes)
	return p
}

// config returns the configuration for such a project.
func config() doctor.Config {
	c := doctor.Defaults("p1")
	c.Indexes = deploy.FirestoreIndexes
	c.Schema = func(context.Context) (string, error) { return "", nil }
	return c
}

// examine returns the checks that do not end well, and the number of all.
func examine(t *testing.T, c doctor.Config) (bad []doctor.Check, all int) {
	t.Helper()
	err := doctor.Run(t.Context(), c, func(check doctor.Check) {
		all++
		if check.Status != doctor.OK {
			bad = append(bad, check)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return bad, all
}

func TestComplete(t *testing.T) {
	project(t)
	if bad, all := examine(t, config()); len(bad) > 0 || all < 60 {
		t.Errorf("%d checks, of them bad: %+v", all, bad)
	}
}

// TestNothing: in an empty project all is missing, with a command for each thing.
func TestNothing(t *testing.T) {
	googletest.Start(t, "p1")
	bad, all := examine(t, config())
	if all-len(bad) != 2 { // the credentials and the project
		t.Errorf("%d of %d checks are bad", len(bad), all)
	}
	for _, check := range bad {
		if check.Status != doctor.Missing || check.Mend == "" || strings.Contains(check.Mend, "\n") {
			t.Errorf("%+v", check)
		}
	}
}

// service changes the service for tasks.
func service(p *googletest.Project, change func(*googletest.RunService)) {
	name := p.Path("locations/us-central1/services/kcidb-tasks")
	s := p.Services[name]
	change(&s)
	p.Services[name] = s
}

// TestFaults breaks one thing at a time.
func TestFaults(t *testing.T) {
	load := "subscription kcidb_new_load"
	for _, test := range []struct {
		name   string
		damage func(*googletest.Project)
		want   doctor.Check // Detail and Mend are parts
	}{
		{"API", func(p *googletest.Project) { delete(p.APIs, "run.googleapis.com") },
			doctor.Check{Name: "API run.googleapis.com", Status: doctor.Missing, Mend: "gcloud services enable run.googleapis.com --project p1"}},
		{"deadline", func(p *googletest.Project) {
			p.Subscriptions[p.Path("subscriptions/kcidb_new_load")].AckDeadlineSeconds = 10
		}, doctor.Check{Name: load, Status: doctor.Wrong, Detail: "after 10 seconds", Mend: "update kcidb_new_load --ack-deadline 540 --project p1"}},
		{"no dead letters", func(p *googletest.Project) {
			p.Subscriptions[p.Path("subscriptions/kcidb_new_load")].DeadLetterPolicy = nil
		}, doctor.Check{Name: load, Status: doctor.Wrong, Detail: "kcidb_new_dead", Mend: "--dead-letter-topic kcidb_new_dead"}},
		{"subscription of another topic", func(p *googletest.Project) {
			p.Subscriptions[p.Path("subscriptions/kcidb_new_load")].Topic = "_deleted-topic_"
		}, doctor.Check{Name: load, Status: doctor.Wrong, Detail: "_deleted-topic_", Mend: "subscriptions delete kcidb_new_load"}},
		{"expiration", func(p *googletest.Project) {
			p.Subscriptions[p.Path("subscriptions/kcidb_new_dead_keep")].ExpirationPolicy = nil
		}, doctor.Check{Name: "subscription kcidb_new_dead_keep", Status: doctor.Wrong, Detail: "removed", Mend: "--expiration-period never"}},
		{"mode of Firestore", func(p *googletest.Project) {
			p.Databases[p.Path("databases/(default)")].Type = adminpb.Database_DATASTORE_MODE
		}, doctor.Check{Name: "Firestore database (default)", Status: doctor.Wrong, Detail: "Datastore", Mend: "gcloud firestore databases update --database '(default)'"}},
		{"index", func(p *googletest.Project) {
			name := p.Path("databases/(default)/collectionGroups/notifications")
			p.Indexes[name] = p.Indexes[name][1:]
		}, doctor.Check{Name: "index of notifications: state ASCENDING, due ASCENDING", Status: doctor.Missing,
			Mend: "--collection-group notifications --field-config field-path=state,order=ascending --field-config field-path=due,order=ascending"}},
		{"index being built", func(p *googletest.Project) {
			p.Indexes[p.Path("databases/(default)/collectionGroups/notifications")][0].State = adminpb.Index_CREATING
		}, doctor.Check{Name: "index of notifications: state ASCENDING, due ASCENDING", Status: doctor.Wrong, Detail: "wait"}},
		{"secret disabled", func(p *googletest.Project) { p.Secrets.Disable(p.Path("secrets/kcidb_jwt_secret")) },
			doctor.Check{Name: "latest version of secret kcidb_jwt_secret", Status: doctor.Wrong, Detail: "disabled", Mend: "gcloud secrets versions add kcidb_jwt_secret"}},
		{"account", func(p *googletest.Project) {
			p.Accounts[p.Path("serviceAccounts/%s", p.Email("kcidb-web"))].Disabled = true
		}, doctor.Check{Name: "service account kcidb-web", Status: doctor.Wrong, Mend: "gcloud iam service-accounts enable kcidb-web@p1.iam.gserviceaccount.com"}},
		{"permission on a topic", func(p *googletest.Project) { delete(p.Policies, p.Path("topics/kcidb_new")) },
			doctor.Check{Name: "roles/pubsub.publisher of kcidb-web on topic kcidb_new", Status: doctor.Missing,
				Mend: "gcloud pubsub topics add-iam-policy-binding kcidb_new --role roles/pubsub.publisher --member serviceAccount:kcidb-web@p1.iam.gserviceaccount.com --project p1"}},
		{"permission on the dataset", func(p *googletest.Project) { p.Datasets["kcidb"].Access[2].Role = "READER" },
			doctor.Check{Name: "roles/bigquery.dataEditor of kcidb-tasks on dataset kcidb", Status: doctor.Missing, Mend: "bq add-iam-policy-binding"}},
		{"permission that cannot be read", func(p *googletest.Project) {
			p.Fail("GetSecretVersion", secretstest.Denied("secretmanager.versions.get", "x"))
		}, doctor.Check{Name: "latest version of secret kcidb_jwt_secret", Status: doctor.Unknown, Detail: "secretmanager.versions.get"}},
		{"web closed", func(p *googletest.Project) {
			p.Services[p.Path("locations/us-central1/services/kcidb")] = googletest.RunService{Status: 403, CheckIAM: true}
		}, doctor.Check{Name: "answer of http", Status: doctor.Wrong, Detail: "403", Mend: "gcloud run services update kcidb --region us-central1 --no-invoker-iam-check"}},
		{"web broken", func(p *googletest.Project) {
			p.Services[p.Path("locations/us-central1/services/kcidb")] = googletest.RunService{Status: 503}
		}, doctor.Check{Name: "answer of http", Status: doctor.Wrong, Detail: "503", Mend: "logs read kcidb"}},
		{"tasks reached by everyone", func(p *googletest.Project) {
			service(p, func(s *googletest.RunService) { s.Ingress = "INGRESS_TRAFFIC_ALL" })
		}, doctor.Check{Name: "callers of kcidb-tasks", Status: doctor.Wrong, Detail: "outside", Mend: "--ingress internal"}},
		{"tasks without signatures", func(p *googletest.Project) {
			service(p, func(s *googletest.RunService) { s.CheckIAM = true })
		}, doctor.Check{Name: "callers of kcidb-tasks", Status: doctor.Wrong, Detail: "signatures", Mend: "--no-invoker-iam-check"}},
		{"job paused", func(p *googletest.Project) {
			p.Jobs[p.Path("locations/us-central1/jobs/kcidb_load")].State = schedulerpb.Job_PAUSED
		}, doctor.Check{Name: "Scheduler job kcidb_load", Status: doctor.Wrong, Detail: "paused", Mend: "gcloud scheduler jobs resume kcidb_load --location us-central1 --project p1"}},
		{"job of another task", func(p *googletest.Project) {
			p.Jobs[p.Path("locations/us-central1/jobs/kcidb_load")].GetHttpTarget().Uri = "https://x.example.org/tasks/send"
		}, doctor.Check{Name: "Scheduler job kcidb_load", Status: doctor.Wrong, Detail: "/tasks/send", Mend: "--uri 'https://kcidb-tasks.example.org/tasks/load?seconds=50'"}},
		{"tasks without an audience", func(p *googletest.Project) {
			service(p, func(s *googletest.RunService) { delete(s.Env, "KCIDB_TASKS_AUDIENCE") })
		}, doctor.Check{Name: "tokens for kcidb-tasks", Status: doctor.Wrong, Detail: "KCIDB_TASKS_AUDIENCE", Mend: "--update-env-vars '^;^KCIDB_TASKS_AUDIENCE=http"}},
		{"tasks of another account", func(p *googletest.Project) {
			service(p, func(s *googletest.RunService) { s.Env["KCIDB_TASKS_ACCOUNTS"] = "a@x.org, b@x.org" })
		}, doctor.Check{Name: "tokens for kcidb-tasks", Status: doctor.Wrong, Detail: "does not have kcidb-scheduler@p1.iam.gserviceaccount.com",
			Mend: "--update-env-vars '^;^KCIDB_TASKS_ACCOUNTS=a@x.org,b@x.org,kcidb-scheduler@p1.iam.gserviceaccount.com' --project p1"}},
		{"job for another audience", func(p *googletest.Project) {
			p.Jobs[p.Path("locations/us-central1/jobs/kcidb_notify")].GetHttpTarget().GetOidcToken().Audience = "https://x.example.org"
		}, doctor.Check{Name: "Scheduler job kcidb_notify", Status: doctor.Wrong, Detail: `"https://x.example.org", and kcidb-tasks accepts "https://kcidb-tasks.example.org"`,
			Mend: "update http kcidb_notify --location us-central1 --oidc-service-account-email kcidb-scheduler@p1.iam.gserviceaccount.com --oidc-token-audience https://kcidb-tasks.example.org --project p1"}},
		{"compaction of another dataset", func(p *googletest.Project) {
			p.RunJobs[p.Path("locations/us-central1/jobs/kcidb-compact")][3] = "bigquery:p1.old"
		}, doctor.Check{Name: "Cloud Run job kcidb-compact", Status: doctor.Wrong, Detail: "bigquery:p1.old", Mend: "--args db,compact,-d,bigquery:p1.kcidb --project p1"}},
		{"compaction not scheduled", func(p *googletest.Project) { delete(p.Jobs, p.Path("locations/us-central1/jobs/kcidb_compact")) },
			doctor.Check{Name: "Scheduler job kcidb_compact", Status: doctor.Missing,
				Mend: "--schedule '0 3 * * 0' --http-method POST --uri https://run.googleapis.com/v2/projects/p1/locations/us-central1/jobs/kcidb-compact:run --oauth-service-account-email kcidb-scheduler@"}},
		{"compaction not allowed", func(p *googletest.Project) { delete(p.Policies, p.Path("locations/us-central1/jobs/kcidb-compact")) },
			doctor.Check{Name: "roles/run.invoker of kcidb-scheduler on Cloud Run job kcidb-compact", Status: doctor.Missing,
				Mend: "gcloud run jobs add-iam-policy-binding kcidb-compact --region us-central1 --role roles/run.invoker --member serviceAccount:kcidb-scheduler@"}},
		{"bucket not readable", func(p *googletest.Project) { delete(p.Policies, googletest.BucketPolicy("p1-kcidb-subscriptions")) },
			doctor.Check{Name: "roles/storage.objectViewer of kcidb-tasks on bucket p1-kcidb-subscriptions", Status: doctor.Missing,
				Mend: "gcloud storage buckets add-iam-policy-binding gs://p1-kcidb-subscriptions --role roles/storage.objectViewer"}},
		{"no time to live", func(p *googletest.Project) { clear(p.Fields) },
			doctor.Check{Name: "time to live of notifications_settled: expires", Status: doctor.Missing,
				Mend: "gcloud firestore fields ttls update expires --database '(default)' --collection-group notifications_settled --enable-ttl --project p1"}},
		{"time to live failed", func(p *googletest.Project) {
			p.Fields[p.Path("databases/(default)/collectionGroups/notifications_settled/fields/expires")].TtlConfig.State = adminpb.Field_TtlConfig_NEEDS_REPAIR
		}, doctor.Check{Name: "time to live of notifications_settled: expires", Status: doctor.Wrong, Detail: "failed", Mend: "--enable-ttl"}},
		{"job that fails", func(p *googletest.Project) {
			p.Jobs[p.Path("locations/us-central1/jobs/kcidb_send")].Status = &status.Status{Code: 7}
		}, doctor.Check{Name: "Scheduler job kcidb_send", Status: doctor.Wrong, Detail: "code 7", Mend: "logs read kcidb-tasks"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := project(t)
			test.damage(p)
			bad, _ := examine(t, config())
			if len(bad) != 1 {
				t.Fatalf("bad: %+v", bad)
			}
			got := bad[0]
			if !strings.HasPrefix(got.Name, test.want.Name) || got.Status != test.want.Status ||
				!strings.Contains(got.Detail, test.want.Detail) || !strings.Contains(got.Mend, test.want.Mend) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestHigherRoles: a role on the project holds for its resources, and a role includes
// lesser ones.
func TestHigherRoles(t *testing.T) {
	p := project(t)
	delete(p.Policies, p.Path("topics/kcidb_new"))
	p.Grant("projects/p1", "roles/pubsub.admin", p.Email("kcidb-web"))
	p.Datasets["kcidb"].Access[1].Role = "OWNER"
	if bad, _ := examine(t, config()); len(bad) > 0 {
		t.Errorf("%+v", bad)
	}
}

func TestSchema(t *testing.T) {
	project(t)
	c := config()
	c.Schema = func(context.Context) (string, error) { return "kcidb db upgrade", errors.New("too old") }
	bad, _ := examine(t, c)
	if len(bad) != 1 || bad[0].Name != "schema of dataset kcidb" || bad[0].Detail != "too old" || bad[0].Mend != "kcidb db upgrade" {
		t.Errorf("%+v", bad)
	}
}

// TestNames: resources without a name are not checked.
func TestNames(t *testing.T) {
	project(t)
	bad, all := examine(t, doctor.Config{Project: "p1", Region: "us-central1"})
	if len(bad) > 0 || all > 25 {
		t.Errorf("%d checks, of them bad: %+v", all, bad)
	}
}

// TestEndsEarly: without credentials or a project nothing else is asked.
func TestEndsEarly(t *testing.T) {
	p := project(t)
	c := config()
	c.Project = "other"
	if bad, all := examine(t, c); all != 1 || bad[0].Name != "project other" || bad[0].Status != doctor.Unknown {
		t.Errorf("%+v", bad)
	}
	if calls := p.Calls(); len(calls) != 1 {
		t.Errorf("calls: %q", calls)
	}
	t.Setenv(google.ResourceManagerEmulator, "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "none.json"))
	if bad, all := examine(t, config()); all != 1 || bad[0].Name != "credentials" || bad[0].Status != doctor.Missing {
		t.Errorf("%+v", bad)
	}
}
