// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"strings"

	resourcemanager "cloud.google.com/go/resourcemanager/apiv3"
	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"
	"google.golang.org/api/serviceusage/v1"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// checkProject checks the credentials and the project. It reports whether they can be used.
func (d *doctor) checkProject(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	project, err := d.project(ctx)
	if errors.Is(err, google.ErrCredentials) {
		d.report(Check{Name: "credentials", Status: Missing, Detail: oneLine(err.Error()), Mend: "gcloud auth application-default login"})
		return false
	}
	name := "project " + d.Project
	if err != nil {
		d.report(Check{Name: name, Status: Unknown, Detail: oneLine(err.Error()), Mend: "gcloud projects list"})
		return false
	}
	d.ok("credentials")
	if project.GetState() != resourcemanagerpb.Project_ACTIVE {
		d.wrong(name, "it is being deleted", command("gcloud", "projects", "undelete", d.Project))
		return false
	}
	d.number = strings.TrimPrefix(project.GetName(), "projects/")
	d.ok(name)
	return true
}

func (d *doctor) project(ctx context.Context) (*resourcemanagerpb.Project, error) {
	client, err := resourcemanager.NewProjectsClient(ctx, google.GRPC(google.ResourceManagerEmulator)...)
	if err != nil {
		return nil, google.Explain(err)
	}
	defer client.Close()
	project, err := client.GetProject(ctx, &resourcemanagerpb.GetProjectRequest{Name: "projects/" + d.Project})
	return project, google.Explain(err)
}

// checkAPIs checks that the project has enabled the services of Google.
func (d *doctor) checkAPIs(ctx context.Context) error {
	client, err := serviceusage.NewService(ctx, google.HTTP(google.ServiceUsageEmulator, "/")...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	enabled := map[string]bool{}
	err = client.Services.List("projects/"+d.Project).Filter("state:ENABLED").PageSize(200).
		Pages(ctx, func(page *serviceusage.ListServicesResponse) error {
			for _, service := range page.Services {
				enabled[service.Config.Name] = true
			}
			return nil
		})
	if err != nil {
		d.failed("APIs", err, "")
		return nil
	}
	for _, api := range names.APIs() {
		if enabled[api] {
			d.ok("API " + api)
		} else {
			d.missing("API "+api, d.gcloud("services", "enable", api))
		}
	}
	return nil
}
