// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

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
		d.checkTokens(tasks)
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

// Settings of the service by which it knows its callers.
const (
	audienceKey = "KCIDB_TASKS_AUDIENCE"
	accountsKey = "KCIDB_TASKS_ACCOUNTS"
)

// checkTokens checks that the service accepts the tokens of the scheduler, and notes their
// audience.
func (d *doctor) checkTokens(tasks *run.GoogleCloudRunV2Service) {
	env := environment(tasks)
	d.audience = cmp.Or(env[audienceKey], d.audience)
	scheduler := d.email(names.SchedulerAccount)
	accounts := strings.FieldsFunc(cmp.Or(env[accountsKey], d.Accounts), func(c rune) bool { return c == ',' || c == ' ' })
	name := "tokens for " + names.TasksService
	set := func(key, value string) string {
		return d.updateService(names.TasksService, "--update-env-vars", "^;^"+key+"="+value) // values have commas
	}
	switch {
	case d.audience == "":
		d.wrong(name, audienceKey+" is not set, so that it refuses all", set(audienceKey, tasks.Uri))
	case !slices.Contains(accounts, scheduler):
		d.wrong(name, accountsKey+" does not have "+scheduler, set(accountsKey, strings.Join(append(accounts, scheduler), ",")))
	default:
		d.ok(name)
	}
}

// environment returns the environment of a service.
func environment(service *run.GoogleCloudRunV2Service) map[string]string {
	env := map[string]string{}
	if service.Template == nil {
		return env
	}
	for _, container := range service.Template.Containers {
		for _, e := range container.Env {
			env[e.Name] = e.Value
		}
	}
	return env
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
