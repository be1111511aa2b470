// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	deploy "github.com/kcidb-go/kcidb/deploy/google"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/google/doctor"
	"github.com/kcidb-go/kcidb/internal/google/names"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub"
	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/spool/firestore"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/bigquery"
)

type cloudDoctorOptions struct {
	project cloudProject
	config  string
	json    bool
	check   doctor.Config
	topic   string
	loaded  string
	// subscription of the loader to topic; empty for the default name
	subscription string
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
letters; the dataset and its schema; the Firestore database, its indexes and the
time to live of its documents; secrets; the bucket of subscriptions; service
accounts and their permissions; the services of Cloud Run, whether they answer, and
the tokens that they accept; the job that compacts the dataset; and the jobs of
Cloud Scheduler. Nothing is changed, and no secret is read.

The names are those of the Terraform files in deploy/google, or those in a
configuration of the service: with --config, only the resources of the project that
it names are checked. The caller needs roles/viewer and roles/iam.securityReviewer.

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
	flags.StringVarP(&o.subscription, "subscription", "s", "", "`SUBSCRIPTION` of the loader to the topic (default the topic with "+names.LoadSuffix+")")
	flags.StringVar(&o.loaded, "loaded-topic", names.LoadedTopic, "`TOPIC` of loaded objects")
	flags.StringVarP(&o.check.Dataset, "dataset", "d", defaults.Dataset, "`DATASET` of the reports")
	flags.StringVar(&o.check.Database, "firestore", defaults.Database, "`DATABASE` of the notifications")
	flags.StringVar(&o.check.JWTSecret, "jwt-secret", defaults.JWTSecret, "`SECRET` of submitters' tokens")
	flags.StringVar(&o.check.SMTPPassword, "smtp-password", defaults.SMTPPassword, "`SECRET` of the mail server's user")
	flags.BoolVar(&o.json, "json", false, "print a JSON object per check")
	for _, name := range []string{"topic", "subscription", "loaded-topic", "dataset", "firestore", "jwt-secret", "smtp-password"} {
		cmd.MarkFlagsMutuallyExclusive("config", name)
	}
	return cmd
}

func runCloudDoctor(ctx context.Context, p *program, o *cloudDoctorOptions) (err error) {
	c := o.check
	if c.Project, err = o.project.id(ctx); err != nil {
		return err
	}
	c.Indexes, c.Collection, c.Bucket = deploy.FirestoreIndexes, names.Collection, names.Bucket(c.Project)
	c.Queues = []doctor.Queue{
		doctor.NewQueue(o.topic, cmp.Or(o.subscription, o.topic+names.LoadSuffix)),
		doctor.NewQueue(o.loaded, o.loaded+names.NotifySuffix),
	}
	if o.config != "" {
		cfg, err := service.LoadConfig(o.config, os.LookupEnv)
		if err != nil {
			return err
		}
		if err := namesOf(&c, &cfg); err != nil {
			return fmt.Errorf("%s: %w", o.config, err)
		}
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

// namesOf takes the names of resources from a configuration of the service. Resources of
// other projects are left out.
func namesOf(c *doctor.Config, cfg *service.Config) error {
	c.Queues, c.Dataset, c.Database, c.Bucket = nil, "", "", ""
	c.Audience, c.Accounts = cfg.TasksAudience, cfg.TasksAccounts
	if err := addQueue(c, string(cfg.Queue), names.LoadSuffix); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	if err := addQueue(c, string(cfg.Loaded), names.NotifySuffix); err != nil {
		return fmt.Errorf("loaded: %w", err)
	}
	if params, ok := strings.CutPrefix(string(cfg.Database), bigquery.Driver.Name+":"); ok {
		project, dataset, err := bigquery.Parse(params)
		if err != nil {
			return fmt.Errorf("database: %w", err)
		}
		if cmp.Or(project, c.Project) == c.Project {
			c.Dataset = dataset
		}
	}
	if params, ok := strings.CutPrefix(string(cfg.Spool), "firestore:"); ok {
		project, database, collection, err := firestore.Parse(params)
		if err != nil {
			return fmt.Errorf("spool: %w", err)
		}
		if cmp.Or(project, c.Project) == c.Project {
			c.Database, c.Collection = database, collection
		}
	}
	c.JWTSecret, c.SMTPPassword = secretOf(c, cfg.JWTSecret), secretOf(c, cfg.SMTPPassword)
	return nil
}

// addQueue adds the queue of a specification, if it is on Pub/Sub. The suffix makes the name
// of its subscription, unless the specification has one.
func addQueue(c *doctor.Config, spec, suffix string) error {
	if !strings.HasPrefix(spec, "pubsub:") {
		return nil
	}
	q, err := pubsub.Parse(spec)
	if err != nil || q.Project != c.Project {
		return err
	}
	q.Subscription = cmp.Or(q.Subscription, q.Topic+suffix)
	q = q.WithDefaults()
	c.Queues = append(c.Queues, doctor.Queue{
		Topic: q.Topic, Subscription: q.Subscription, DeadTopic: q.DeadTopic, DeadSubscription: q.DeadSubscription,
	})
	return nil
}

// secretOf returns the name of the secret of the project that a key refers to, or "".
func secretOf(c *doctor.Config, value secret.Text) string {
	if project, name, ok := secrets.Google(value); ok && project == c.Project {
		return name
	}
	return ""
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
