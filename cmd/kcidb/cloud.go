// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/google"
)

func newCloudCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cloud",
		Short: "Administer a project in Google Cloud",
		Long: `Administer the Google Cloud project that KCIDB runs in: the service accounts of
CI systems, and a check of all that KCIDB needs there.

The commands use the application default credentials: the key file that
GOOGLE_APPLICATION_CREDENTIALS names, those of "gcloud auth application-default
login", or those of the machine in Google Cloud.`,
		Example: `  kcidb cloud account add maestro --project my-project --key maestro.json
  kcidb cloud account list --project my-project
  kcidb cloud doctor --project my-project`,
	}
	cmd.AddCommand(newCloudAccountCommand(p), newCloudDoctorCommand(p))
	return cmd
}

// cloudProject is the flag --project of commands for Google Cloud.
type cloudProject string

// addFlag adds the flag to cmd and all its subcommands.
func (o *cloudProject) addFlag(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVarP((*string)(o), "project", "p", "", "`PROJECT` in Google Cloud (default $GOOGLE_CLOUD_PROJECT, or that of the credentials)")
}

// id returns the ID of the project.
func (o cloudProject) id(ctx context.Context) (string, error) {
	if o != "" {
		return string(o), nil
	}
	return google.Project(ctx)
}
