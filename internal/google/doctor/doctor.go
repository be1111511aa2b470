// SPDX-License-Identifier: Apache-2.0

// Package doctor checks that a Google Cloud project has all that KCIDB needs: APIs, topics
// and subscriptions, the dataset, the spool, secrets, service accounts with their
// permissions, services and jobs. It changes nothing.
//
// The permissions are those that the service accounts have, read from the policies of the
// resources. The caller needs roles/viewer and roles/iam.securityReviewer to read all.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// Status is the result of a check.
type Status string

// The results.
const (
	OK      Status = "ok"
	Missing Status = "missing" // the thing does not exist
	Wrong   Status = "wrong"   // it exists and does not work
	Unknown Status = "unknown" // it could not be looked at
)

// Check is one check with its result.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Detail string `json:"detail,omitempty"` // what is wrong, or why the result is unknown
	Mend   string `json:"mend,omitempty"`   // the command that mends it
}

// Config names what is checked. Resources without a name are not.
type Config struct {
	Project string
	Region  string // of Cloud Run and Cloud Scheduler

	Queues   []Queue
	Dataset  string
	Database string // of Firestore
	// Collection is the collection of the notifications in Database.
	Collection string
	// Bucket has the files of subscriptions.
	Bucket string
	// Audience and Accounts are the settings tasks_audience and tasks_accounts of the
	// service for tasks, unless its environment has others.
	Audience, Accounts string
	// Indexes are the indexes and fields that Database needs, as in a file of Firebase's
	// tools, for the default collection.
	Indexes []byte
	// JWTSecret and SMTPPassword are secrets in Secret Manager.
	JWTSecret    string
	SMTPPassword string

	// Schema returns an error unless the dataset has the newest schema, and the command of
	// kcidb that mends it. May be nil.
	Schema func(context.Context) (mend string, err error)
	// Client asks whether services answer; http.DefaultClient if nil.
	Client *http.Client
}

// Queue is a topic with the subscription that hands its messages out, and the same for its
// dead letters.
type Queue struct {
	Topic, Subscription         string
	DeadTopic, DeadSubscription string
}

// NewQueue returns the queue of a topic and a subscription, whose dead letters have the
// default names.
func NewQueue(topic, subscription string) Queue {
	return Queue{topic, subscription, topic + names.DeadSuffix, topic + names.DeadKeepSuffix}
}

// Defaults returns the configuration for a project that was made with the Terraform files.
func Defaults(project string) Config {
	return Config{
		Project: project, Region: names.Region,
		Queues: []Queue{
			NewQueue(names.Topic, names.Subscription),
			NewQueue(names.LoadedTopic, names.LoadedSubscription),
		},
		Dataset: names.Dataset, Database: names.Database, Collection: names.Collection,
		Bucket:    names.Bucket(project),
		JWTSecret: names.JWTSecret, SMTPPassword: names.SMTPPassword,
	}
}

// patience is how long a question may take.
const patience = 20 * time.Second

// doctor looks at a project.
type doctor struct {
	Config
	number   string // of the project
	audience string // of the tokens that the service for tasks accepts; "" if unknown
	report   func(Check)
}

// Run makes all checks, and calls report with each as soon as it is made. It returns early
// if ctx ends, or after the first check if the credentials or the project cannot be used.
func Run(ctx context.Context, c Config, report func(Check)) error {
	d := &doctor{Config: c, audience: c.Audience, report: report}
	if !d.checkProject(ctx) {
		return ctx.Err()
	}
	for _, look := range []func(context.Context) error{
		d.checkAPIs, d.checkQueues, d.checkDataset, d.checkSpool, d.checkSecrets, d.checkBucket,
		d.checkAccounts, d.checkPermissions, d.checkServices, d.checkCompacter, d.checkJobs,
	} {
		if err := look(ctx); err != nil {
			return google.Explain(err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (d *doctor) ok(name string) { d.report(Check{Name: name, Status: OK}) }

func (d *doctor) missing(name, mend string) { d.report(Check{Name: name, Status: Missing, Mend: mend}) }

func (d *doctor) wrong(name, detail, mend string) {
	d.report(Check{Name: name, Status: Wrong, Detail: detail, Mend: mend})
}

// failed reports what the error of a question means: the thing is missing, or the question
// has no answer. The command mends it if it is missing.
func (d *doctor) failed(name string, err error, mend string) {
	if err = google.Explain(err); errors.Is(err, google.ErrNotFound) {
		d.missing(name, mend)
		return
	}
	d.report(Check{Name: name, Status: Unknown, Detail: oneLine(err.Error())})
}

// oneLine joins the lines of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// gcloud returns a command of gcloud for the project. Each argument with a word that a
// shell would split or change is quoted.
func (d *doctor) gcloud(words ...string) string {
	return command(append([]string{"gcloud"}, append(words, "--project", d.Project)...)...)
}

func command(words ...string) string {
	for i, word := range words {
		if strings.ContainsAny(word, " *?()[]$&;<>|'\"\\") {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// path returns the name of a resource of the project.
func (d *doctor) path(format string, args ...any) string {
	return "projects/" + d.Project + "/" + fmt.Sprintf(format, args...)
}

// email returns the address of a service account of the project.
func (d *doctor) email(id string) string {
	return fmt.Sprintf("%s@%s.iam.gserviceaccount.com", id, d.Project)
}
