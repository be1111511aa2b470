// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	scheduler "cloud.google.com/go/scheduler/apiv1"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"google.golang.org/api/run/v2"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// checkServices checks that the services of Cloud Run exist, and that everyone reaches the
// one for everyone, and only that.
func (d *doctor) checkServices(ctx context.Context) error {
	client, err := run.NewService(ctx, google.HTTP(google.RunEmulator, "/")...)
	if err != nil {
		return err
	}
	for _, id := range []string{names.WebService, names.TasksService} {
		d.checkService(ctx, client, id)
	}
	return nil
}

func (d *doctor) checkService(ctx context.Context, client *run.Service, id string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "Cloud Run service " + id
	found, err := client.Projects.Locations.Services.Get(d.path("locations/%s/services/%s", d.Region, id)).Context(ctx).Do()
	if err != nil {
		account := names.WebAccount
		if id == names.TasksService {
			account = names.TasksAccount
		}
		d.failed(name, err, d.gcloud("run", "deploy", id, "--region", d.Region, "--image", "IMAGE", "--service-account", d.email(account)))
		return
	}
	d.ok(name)
	name = "answer of " + found.Uri
	status, err := d.visit(ctx, found.Uri+"/health")
	invoke := func(verb, member string) string {
		return d.gcloud("run", "services", verb, id, "--region", d.Region, "--member", member, "--role", "roles/run.invoker")
	}
	closed := status == http.StatusForbidden || status == http.StatusUnauthorized
	switch {
	case err != nil:
		d.wrong(name, oneLine(err.Error()), d.gcloud("run", "services", "logs", "read", id, "--region", d.Region))
	case id == names.TasksService && closed, id == names.WebService && status == http.StatusOK:
		d.ok(name)
	case id == names.TasksService && status == http.StatusOK:
		d.wrong(name, "it answers everyone", invoke("remove-iam-policy-binding", "allUsers"))
	case closed:
		d.wrong(name, fmt.Sprintf("status %d: it refuses callers without a token", status), invoke("add-iam-policy-binding", "allUsers"))
	default:
		d.wrong(name, fmt.Sprintf("status %d of /health", status), d.gcloud("run", "services", "logs", "read", id, "--region", d.Region))
	}
}

// visit returns the HTTP status of a URL.
func (d *doctor) visit(ctx context.Context, address string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	client := d.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	return response.StatusCode, nil
}

// checkJobs checks the jobs of Cloud Scheduler.
func (d *doctor) checkJobs(ctx context.Context) error {
	client, err := scheduler.NewCloudSchedulerClient(ctx, google.GRPC(google.SchedulerEmulator)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, job := range []struct{ id, task string }{
		{names.LoadJob, "load"}, {names.NotifyJob, "notify"}, {names.SendJob, "send"},
	} {
		d.checkJob(ctx, client, job.id, "/tasks/"+job.task)
	}
	return nil
}

func (d *doctor) checkJob(ctx context.Context, client *scheduler.CloudSchedulerClient, id, path string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "Scheduler job " + id
	job, err := client.GetJob(ctx, &schedulerpb.GetJobRequest{Name: d.path("locations/%s/jobs/%s", d.Region, id)})
	if err != nil {
		d.failed(name, err, d.gcloud("scheduler", "jobs", "create", "http", id, "--location", d.Region, "--schedule", "* * * * *",
			"--http-method", "POST", "--uri", "URL"+path+"?seconds=50",
			"--oidc-service-account-email", d.email(names.SchedulerAccount), "--oidc-token-audience", "URL"))
		return
	}
	update := func(words ...string) string {
		return d.gcloud(append([]string{"scheduler", "jobs", "update", "http", id, "--location", d.Region}, words...)...)
	}
	target := job.GetHttpTarget()
	address, err := url.Parse(target.GetUri())
	switch {
	case err != nil || !strings.HasPrefix(address.Scheme, "http") || address.Path != path:
		d.wrong(name, fmt.Sprintf("it calls %q, and not %s", target.GetUri(), path), update("--uri", "URL"+path+"?seconds=50"))
	case target.GetHttpMethod() != schedulerpb.HttpMethod_POST:
		d.wrong(name, "its method is not POST", update("--http-method", "POST"))
	case target.GetOidcToken().GetServiceAccountEmail() != d.email(names.SchedulerAccount):
		d.wrong(name, "it calls without a token of "+names.SchedulerAccount, update("--oidc-service-account-email", d.email(names.SchedulerAccount), "--oidc-token-audience", "URL"))
	case job.GetState() != schedulerpb.Job_ENABLED:
		d.wrong(name, "it is "+strings.ToLower(job.GetState().String()), d.gcloud("scheduler", "jobs", "resume", id, "--location", d.Region))
	case job.GetStatus().GetCode() != 0:
		d.wrong(name, fmt.Sprintf("its last call failed: code %d %s", job.GetStatus().GetCode(), job.GetStatus().GetMessage()),
			d.gcloud("run", "services", "logs", "read", names.TasksService, "--region", d.Region))
	default:
		d.ok(name)
	}
}
