// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	scheduler "cloud.google.com/go/scheduler/apiv1"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"google.golang.org/api/run/v2"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// checkCompacter checks the job of Cloud Run that compacts the dataset.
func (d *doctor) checkCompacter(ctx context.Context) error {
	if d.Dataset == "" {
		return nil
	}
	client, err := run.NewService(ctx, google.HTTP(google.RunEmulator, "/")...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "Cloud Run job " + names.Compacter
	args := "db,compact,-d,bigquery:" + d.Project + "." + d.Dataset
	found, err := client.Projects.Locations.Jobs.Get(d.path("locations/%s/jobs/%s", d.Region, names.Compacter)).Context(ctx).Do()
	switch {
	case err != nil:
		d.failed(name, err, d.gcloud("run", "jobs", "create", names.Compacter, "--region", d.Region, "--image", "IMAGE",
			"--service-account", d.email(names.TasksAccount), "--task-timeout", "1h", "--args", args))
	case argsOf(found) != args:
		d.wrong(name, fmt.Sprintf("its arguments are %q, and not %q", argsOf(found), args),
			d.gcloud("run", "jobs", "update", names.Compacter, "--region", d.Region, "--args", args))
	default:
		d.ok(name)
	}
	return nil
}

// argsOf returns the arguments of the first container of a job as gcloud takes them.
func argsOf(job *run.GoogleCloudRunV2Job) string {
	if job.Template == nil || job.Template.Template == nil || len(job.Template.Template.Containers) == 0 {
		return ""
	}
	return strings.Join(job.Template.Template.Containers[0].Args, ",")
}

// job is a job of Cloud Scheduler as it should be.
type job struct {
	id, schedule  string
	service, path string   // that it calls
	token         []string // flags of gcloud for the token that it sends
	logs          string   // the command that shows why a call failed
}

// jobs returns the jobs to check. The address of the service for tasks is the audience of
// its tokens.
func (d *doctor) jobs() (all []job) {
	service := cmp.Or(d.audience, "URL")
	account := d.email(names.SchedulerAccount)
	for _, j := range names.Jobs() {
		all = append(all, job{j.ID, j.Schedule, service, j.Path,
			[]string{"--oidc-service-account-email", account, "--oidc-token-audience", service},
			d.gcloud("run", "services", "logs", "read", names.TasksService, "--region", d.Region)})
	}
	if d.Dataset != "" {
		all = append(all, job{names.CompactJob, names.CompactSchedule,
			"https://run.googleapis.com", "/v2/" + d.path("locations/%s/jobs/%s:run", d.Region, names.Compacter),
			[]string{"--oauth-service-account-email", account},
			d.gcloud("run", "jobs", "executions", "list", "--job", names.Compacter, "--region", d.Region)})
	}
	return all
}

// checkJobs checks the jobs of Cloud Scheduler.
func (d *doctor) checkJobs(ctx context.Context) error {
	client, err := scheduler.NewCloudSchedulerClient(ctx, google.GRPC(google.SchedulerEmulator)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, j := range d.jobs() {
		d.checkJob(ctx, client, j)
	}
	return nil
}

func (d *doctor) checkJob(ctx context.Context, client *scheduler.CloudSchedulerClient, want job) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "Scheduler job " + want.id
	found, err := client.GetJob(ctx, &schedulerpb.GetJobRequest{Name: d.path("locations/%s/jobs/%s", d.Region, want.id)})
	if err != nil {
		d.failed(name, err, d.gcloud(append([]string{"scheduler", "jobs", "create", "http", want.id, "--location", d.Region,
			"--schedule", want.schedule, "--http-method", "POST", "--uri", want.service + want.path}, want.token...)...))
		return
	}
	update := func(words ...string) string {
		return d.gcloud(append([]string{"scheduler", "jobs", "update", "http", want.id, "--location", d.Region}, words...)...)
	}
	target := found.GetHttpTarget()
	switch {
	case pathOf(target.GetUri()) != pathOf(want.path):
		d.wrong(name, fmt.Sprintf("it calls %q, and not %s", target.GetUri(), pathOf(want.path)), update("--uri", want.service+want.path))
	case target.GetHttpMethod() != schedulerpb.HttpMethod_POST:
		d.wrong(name, "its method is not POST", update("--http-method", "POST"))
	case d.tokenFault(target, want) != "":
		d.wrong(name, d.tokenFault(target, want), update(want.token...))
	case found.GetState() != schedulerpb.Job_ENABLED:
		d.wrong(name, "it is "+strings.ToLower(found.GetState().String()), d.gcloud("scheduler", "jobs", "resume", want.id, "--location", d.Region))
	case found.GetStatus().GetCode() != 0:
		d.wrong(name, fmt.Sprintf("its last call failed: code %d %s", found.GetStatus().GetCode(), found.GetStatus().GetMessage()), want.logs)
	default:
		d.ok(name)
	}
}

// pathOf returns the path of a URL, "" if a text is no URL.
func pathOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Path
}

// tokenFault returns what is wrong with the token that a job sends, "" if nothing is.
// Cloud Run itself takes OAuth tokens, and the service for tasks OIDC tokens for its
// audience.
func (d *doctor) tokenFault(target *schedulerpb.HttpTarget, want job) string {
	oidc := target.GetOidcToken()
	account := oidc.GetServiceAccountEmail()
	if want.id == names.CompactJob {
		account = target.GetOauthToken().GetServiceAccountEmail()
	}
	switch {
	case account != d.email(names.SchedulerAccount):
		return "it calls without a token of " + names.SchedulerAccount
	case want.id != names.CompactJob && d.audience != "" && oidc.GetAudience() != d.audience:
		return fmt.Sprintf("the audience of its token is %q, and %s accepts %q", oidc.GetAudience(), names.TasksService, d.audience)
	}
	return ""
}
