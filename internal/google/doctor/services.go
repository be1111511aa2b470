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

// checkServices checks that the services of Cloud Run exist, that everyone reaches the one
// for everyone, and that callers within the project reach the other. Both check the tokens
// of callers themselves: Cloud Run removes the signatures of tokens that it checks.
func (d *doctor) checkServices(ctx context.Context) error {
	client, err := run.NewService(ctx, google.HTTP(google.RunEmulator, "/")...)
	if err != nil {
		return err
	}
	if web := d.service(ctx, client, names.WebService, names.WebAccount); web != nil {
		d.checkAnswer(ctx, web)
	}
	if tasks := d.service(ctx, client, names.TasksService, names.TasksAccount); tasks != nil {
		d.checkCallers(tasks)
	}
	return nil
}

// service returns a service of Cloud Run, or nil if it does not exist or cannot be read.
func (d *doctor) service(ctx context.Context, client *run.Service, id, account string) *run.GoogleCloudRunV2Service {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "Cloud Run service " + id
	found, err := client.Projects.Locations.Services.Get(d.path("locations/%s/services/%s", d.Region, id)).Context(ctx).Do()
	if err != nil {
		d.failed(name, err, d.gcloud("run", "deploy", id, "--region", d.Region, "--image", "IMAGE", "--service-account", d.email(account),
			"--no-invoker-iam-check"))
		return nil
	}
	d.ok(name)
	return found
}

// checkAnswer checks that the service for everyone answers.
func (d *doctor) checkAnswer(ctx context.Context, web *run.GoogleCloudRunV2Service) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "answer of " + web.Uri
	status, err := d.visit(ctx, web.Uri+"/health")
	logs := d.gcloud("run", "services", "logs", "read", names.WebService, "--region", d.Region)
	switch {
	case err != nil:
		d.wrong(name, oneLine(err.Error()), logs)
	case status == http.StatusOK:
		d.ok(name)
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		d.wrong(name, fmt.Sprintf("status %d: Cloud Run refuses callers without a token", status), d.updateService(names.WebService, "--no-invoker-iam-check"))
	default:
		d.wrong(name, fmt.Sprintf("status %d of /health", status), logs)
	}
}

// checkCallers checks that calls of tasks come from within the project only, and arrive
// with their tokens.
func (d *doctor) checkCallers(tasks *run.GoogleCloudRunV2Service) {
	name := "callers of " + names.TasksService
	switch {
	case tasks.Ingress != internalOnly:
		d.wrong(name, "callers outside of the project reach it", d.updateService(names.TasksService, "--ingress", "internal"))
	case !tasks.InvokerIamDisabled:
		d.wrong(name, "Cloud Run checks the tokens of callers and removes the signatures, so that the service refuses all",
			d.updateService(names.TasksService, "--no-invoker-iam-check"))
	default:
		d.ok(name)
	}
}

// internalOnly lets Cloud Scheduler and others in the project call a service.
const internalOnly = "INGRESS_TRAFFIC_INTERNAL_ONLY"

func (d *doctor) updateService(id string, flags ...string) string {
	return d.gcloud(append([]string{"run", "services", "update", id, "--region", d.Region}, flags...)...)
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
