// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	deploy "github.com/kcidb-go/kcidb/deploy/google"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/google/doctor"
	"github.com/kcidb-go/kcidb/internal/google/names"
	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
)

type cloudDoctorOptions struct {
	project cloudProject
	config  string
	json    bool
	check   doctor.Config
	topic   string
	loaded  string
}

func newCloudDoctorCommand(p *program) *cobra.Command {
	var o cloudDoctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that a project has all that KCIDB needs",
		Long: `Check that a Google Cloud project has all that KCIDB needs, and print one line per
check: ok, missing, wrong, or unknown if the caller may not look; the thing; what is
wrong with it; and below it the command that mends it. Checked are the credentials,
the project and its APIs; topics and subscriptions with their deadlines and dead
letters; the dataset and its schema; the Firestore database and its indexes;
secrets; service accounts and their permissions; the services of Cloud Run and
whether they answer; and the jobs of Cloud Scheduler. Nothing is changed, and no
secret is read.

The names are those of the Terraform files in deploy/google, or those in a
configuration of the service: with --config, only the resources that it names are
checked. The caller needs roles/viewer and roles/iam.securityReviewer.

Exit status: 0 all is well; 1 something is missing, wrong or unknown.`,
		Example: `  kcidb cloud doctor --project my-project
  kcidb cloud doctor --project my-project --config kcidb.yaml
  kcidb cloud doctor --project my-project --json | jq 'select(.status != "ok")'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCloudDoctor(cmd.Context(), p, &o)
		},
	}
	defaults := doctor.Defaults("")
	o.project.addFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.config, "config", "", "configuration `FILE` of the service, for the names")
	flags.StringVar(&o.check.Region, "region", defaults.Region, "`REGION` of the services and jobs")
	flags.StringVarP(&o.topic, "topic", "t", names.Topic, "`TOPIC` of the submissions")
	flags.StringVar(&o.loaded, "loaded-topic", names.LoadedTopic, "`TOPIC` of loaded objects")
	flags.StringVarP(&o.check.Dataset, "dataset", "d", defaults.Dataset, "`DATASET` of the reports")
	flags.StringVar(&o.check.Database, "firestore", defaults.Database, "`DATABASE` of the notifications")
	flags.StringVar(&o.check.JWTSecret, "jwt-secret", defaults.JWTSecret, "`SECRET` of submitters' tokens")
	flags.StringVar(&o.check.SMTPPassword, "smtp-password", defaults.SMTPPassword, "`SECRET` of the mail server's user")
	flags.BoolVar(&o.json, "json", false, "print a JSON object per check")
	for _, name := range []string{"topic", "loaded-topic", "dataset", "firestore", "jwt-secret", "smtp-password"} {
		cmd.MarkFlagsMutuallyExclusive("config", name)
	}
	return cmd
}

func runCloudDoctor(ctx context.Context, p *program, o *cloudDoctorOptions) (err error) {
	c := o.check
	if c.Project, err = o.project.id(ctx); err != nil {
		return err
	}
	c.Indexes = deploy.FirestoreIndexes
	c.Queues = []doctor.Queue{
		{Topic: o.topic, Subscription: o.topic + names.LoadSuffix},
		{Topic: o.loaded, Subscription: o.loaded + names.NotifySuffix},
	}
	if o.config != "" {
		cfg, err := service.LoadConfig(o.config, os.LookupEnv)
		if err != nil {
			return err
		}
		namesOf(&c, &cfg)
	}
	c.Schema = func(ctx context.Context) (string, error) {
		return checkSchema(ctx, fmt.Sprintf("bigquery:%s.%s", c.Project, c.Dataset))
	}
	bad := false
	err = doctor.Run(ctx, c, func(check doctor.Check) {
		bad = bad || check.Status != doctor.OK
		if o.json {
			text, _ := json.Marshal(check) // of texts only
			fmt.Fprintf(p.stdout, "%s\n", text)
			return
		}
		fmt.Fprintf(p.stdout, "%-8s %s", check.Status, check.Name)
		if check.Detail != "" {
			fmt.Fprintf(p.stdout, ": %s", check.Detail)
		}
		fmt.Fprintln(p.stdout)
		if check.Mend != "" {
			fmt.Fprintf(p.stdout, "         %s\n", check.Mend)
		}
	})
	if err == nil && bad {
		err = errReported
	}
	return err
}

// namesOf takes the names of resources in Google Cloud from a configuration of the service.
func namesOf(c *doctor.Config, cfg *service.Config) {
	c.Queues = nil
	for _, queue := range []struct{ spec, suffix string }{{cfg.Queue, names.LoadSuffix}, {cfg.Loaded, names.NotifySuffix}} {
		path, options, ok := cutSpec(queue.spec, "pubsub:")
		_, topic, named := strings.Cut(path, "/")
		if !ok || !named {
			continue
		}
		q := doctor.Queue{Topic: topic, Subscription: topic + queue.suffix}
		if name := options.Get("subscription"); name != "" {
			q.Subscription = name
		}
		c.Queues = append(c.Queues, q)
	}
	path, _, _ := cutSpec(cfg.Database, "bigquery:")
	c.Dataset = path[strings.LastIndex(path, ".")+1:]
	c.Database = ""
	if path, _, ok := cutSpec(cfg.Spool, "firestore:"); ok {
		_, c.Database, _ = strings.Cut(path, "/")
		if c.Database == "" {
			c.Database = names.Database
		}
	}
	c.JWTSecret, c.SMTPPassword = secretOf(cfg.JWTSecret), secretOf(cfg.SMTPPassword)
}

// cutSpec returns the path and the options of a specification of the kind.
func cutSpec(spec, kind string) (path string, options url.Values, ok bool) {
	rest, ok := strings.CutPrefix(spec, kind)
	if !ok {
		return "", nil, false
	}
	path, query, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(query)
	return path, options, err == nil
}

// secretOf returns the name of the secret in Secret Manager that a key refers to, or "".
func secretOf(value secret.Text) string {
	name, ok := strings.CutPrefix(string(value), "gcp-secret:")
	if !ok {
		return ""
	}
	_, name, _ = strings.Cut(name, "/secrets/")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// checkSchema returns an error unless a database has the newest schema, and the command
// that mends it.
func checkSchema(ctx context.Context, spec string) (mend string, err error) {
	s, err := all.Open(ctx, spec)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	schemas, current, err := s.Schemas(ctx)
	switch {
	case err != nil:
		return "", err
	case current < 0:
		return "kcidb db init -d " + spec, store.ErrNotInitialized
	case current < len(schemas)-1:
		return "kcidb db upgrade -d " + spec, store.ErrOldSchema
	}
	return "", nil
}
