// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/doctor"
)

type doctorOptions struct {
	installation
	mail string
	json bool
}

func newDoctorCommand(p *program) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check an installation, and say what to do",
		Long: `Check an installation of the service, and print a line per check: OK, WARN or FAIL, the
subject, and the state or the problem; below it what to do. Checked are the
configuration with its secrets, risky settings, files that other users can read, TLS
certificates, the running service, the disk, the clocks, the database with its schema,
counts and the rights of the user, the public database, the artifact store, the queue,
the mail server, subscriptions, and limits.

Everything is left as it was, and the service may run meanwhile. Run the command as the
user of the service, with the configuration of the service.

Exit status: 0 nothing failed, also with warnings; 1 something failed.`,
		Example: `  kcidb doctor --config /etc/kcidb/kcidb.yaml --data /var/lib/kcidb
  kcidb doctor --config /etc/kcidb/kcidb.yaml --mail me@example.org
  kcidb doctor --json | jq 'select(.status != "OK")'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), p, &o) },
	}
	o.addFlags(cmd)
	cmd.Flags().StringVar(&o.mail, "mail", "", "send a test mail to `ADDRESS`")
	cmd.Flags().BoolVar(&o.json, "json", false, "print a JSON object per check")
	return cmd
}

func runDoctor(ctx context.Context, p *program, o *doctorOptions) error {
	failed := false
	report := func(check doctor.Check) {
		failed = failed || check.Status == doctor.Fail
		if o.json {
			text, _ := json.Marshal(check) // of texts only
			fmt.Fprintf(p.stdout, "%s\n", text)
			return
		}
		fmt.Fprintf(p.stdout, "%-4s  %s: %s\n", check.Status, check.Name, check.Detail)
		if check.Mend != "" {
			fmt.Fprintf(p.stdout, "      %s\n", check.Mend)
		}
	}
	cfg, err := o.read()
	if err != nil {
		report(doctor.Check{Name: "configuration", Status: doctor.Fail, Detail: err.Error(), Mend: "change " + o.config})
		return errReported
	}
	err = doctor.Run(ctx, doctor.Options{Config: cfg, File: o.config, MailTo: o.mail, Now: time.Now}, report)
	if err == nil && failed {
		err = errReported
	}
	return err
}
