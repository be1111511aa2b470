// SPDX-License-Identifier: Apache-2.0

// Package names has the names of KCIDB's resources in a Google Cloud project. The
// commands take them as defaults, "kcidb cloud doctor" looks for them, and a test of
// deploy/google holds the Terraform files to them.
package names

// Pub/Sub.
const (
	// Topic gets the submissions, and Subscription hands them to the loader.
	Topic        = "kcidb_new"
	Subscription = Topic + LoadSuffix
	// LoadedTopic gets a message for each load, with patterns of the loaded objects, and
	// LoadedSubscription hands the messages to the notifier.
	LoadedTopic        = "kcidb_loaded"
	LoadedSubscription = LoadedTopic + NotifySuffix

	// LoadSuffix and NotifySuffix make the name of a subscription from its topic.
	LoadSuffix   = "_load"
	NotifySuffix = "_notify"
	// DeadSuffix makes the name of a topic for dead letters from the topic of the
	// submissions, and DeadKeepSuffix that of the subscription that keeps them.
	DeadSuffix     = "_dead"
	DeadKeepSuffix = "_dead_keep"

	// AckDeadline is the deadline of the subscriptions, in seconds.
	AckDeadline = 540
)

// Region is the default region of Cloud Run, Cloud Scheduler and Firestore.
const Region = "us-central1"

const (
	// Dataset is the BigQuery dataset of the reports.
	Dataset = "kcidb"
	// Database is the Firestore database, and Collection the collection of the
	// notifications in it.
	Database   = "(default)"
	Collection = "notifications"
)

// Secrets in Secret Manager.
const (
	SMTPPassword = "kcidb_smtp_password" // of the user in the key smtp
	JWTSecret    = "kcidb_jwt_secret"    // that the tokens of submitters are signed with
)

// Service accounts, by the part of their address before the @.
const (
	WebAccount       = "kcidb-web"       // runs WebService
	TasksAccount     = "kcidb-tasks"     // runs TasksService
	SchedulerAccount = "kcidb-scheduler" // calls TasksService
)

// Cloud Run services.
const (
	WebService   = "kcidb"       // for everyone: pages, the API and submissions
	TasksService = "kcidb-tasks" // for SchedulerAccount: /tasks/load, notify and send
)

// Cloud Scheduler jobs.
const (
	LoadJob   = "kcidb_load"
	NotifyJob = "kcidb_notify"
	SendJob   = "kcidb_send"
	// CompactJob runs the Cloud Run job Compacter.
	CompactJob      = "kcidb_compact"
	CompactSchedule = "0 3 * * 0"
)

// Job is a job of Cloud Scheduler that calls a task of TasksService.
type Job struct {
	ID       string
	Schedule string // as in a crontab
	Path     string // of the task, and how many seconds it may work
}

// Jobs returns the jobs that call tasks. A job has the same price however often it runs, so
// each runs every minute.
func Jobs() []Job {
	return []Job{
		{LoadJob, "* * * * *", "/tasks/load?seconds=50"},
		{NotifyJob, "* * * * *", "/tasks/notify?seconds=50"},
		{SendJob, "* * * * *", "/tasks/send?seconds=50"},
	}
}

// Compacter is the Cloud Run job that runs "kcidb db compact".
const Compacter = "kcidb-compact"

// Bucket returns the name of the bucket of Cloud Storage with the files of subscriptions.
// All projects of Google share the names of buckets, so the name has that of the project.
func Bucket(project string) string { return project + "-kcidb-subscriptions" }

// APIs returns the names of the services of Google that a project must have enabled.
func APIs() []string {
	return []string{
		"artifactregistry.googleapis.com",
		"bigquery.googleapis.com",
		"bigquerystorage.googleapis.com",
		"cloudresourcemanager.googleapis.com",
		"cloudscheduler.googleapis.com",
		"firestore.googleapis.com",
		"iam.googleapis.com",
		"pubsub.googleapis.com",
		"run.googleapis.com",
		"secretmanager.googleapis.com",
		"serviceusage.googleapis.com",
		"storage.googleapis.com",
	}
}
