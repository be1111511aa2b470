# SPDX-License-Identifier: Apache-2.0

# The accounts of the services, and what each may do: each role on the resource that it
# is for, if Google allows that.
resource "google_service_account" "account" {
  for_each = {
    (local.web_account)       = "KCIDB: receives submissions, shows pages, answers queries"
    (local.tasks_account)     = "KCIDB: loads submissions, sends notifications"
    (local.scheduler_account) = "KCIDB: starts the tasks"
  }
  account_id   = each.key
  display_name = each.value
  depends_on   = [google_project_service.api]
}

locals {
  web       = "serviceAccount:${google_service_account.account[local.web_account].email}"
  tasks     = "serviceAccount:${google_service_account.account[local.tasks_account].email}"
  scheduler = "serviceAccount:${google_service_account.account[local.scheduler_account].email}"
}

# Topics and subscriptions.

resource "google_pubsub_topic_iam_member" "web_publishes" {
  topic  = google_pubsub_topic.queue[local.topic].name
  role   = "roles/pubsub.publisher"
  member = local.web
}

resource "google_pubsub_subscription_iam_member" "web_sees_queue" { # /ready and /metrics
  subscription = google_pubsub_subscription.queue[local.topic].name
  role         = "roles/pubsub.viewer"
  member       = local.web
}

resource "google_pubsub_topic_iam_member" "tasks_publishes_loaded" {
  topic  = google_pubsub_topic.queue[local.loaded_topic].name
  role   = "roles/pubsub.publisher"
  member = local.tasks
}

resource "google_pubsub_topic_iam_member" "tasks_publishes_dead" {
  for_each = local.queues
  topic    = google_pubsub_topic.dead[each.key].name
  role     = "roles/pubsub.publisher"
  member   = local.tasks
}

resource "google_pubsub_subscription_iam_member" "tasks_pulls" {
  for_each     = local.queues
  subscription = google_pubsub_subscription.queue[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.tasks
}

resource "google_pubsub_subscription_iam_member" "tasks_sees_queue" {
  for_each     = local.queues
  subscription = google_pubsub_subscription.queue[each.key].name
  role         = "roles/pubsub.viewer"
  member       = local.tasks
}

# The data sets. Jobs belong to the project.

resource "google_bigquery_dataset_iam_member" "web_reads" {
  for_each   = google_bigquery_dataset.reports
  dataset_id = each.value.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = local.web
}

resource "google_bigquery_dataset_iam_member" "tasks_writes" {
  for_each   = google_bigquery_dataset.reports
  dataset_id = each.value.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = local.tasks
}

resource "google_project_iam_member" "web_queries" {
  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = local.web
}

resource "google_project_iam_member" "tasks_queries" {
  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = local.tasks
}

# Firestore has no roles on resources. The condition limits the role to the database.

resource "google_project_iam_member" "tasks_spool" {
  project = var.project
  role    = "roles/datastore.user"
  member  = local.tasks

  condition {
    title      = "kcidb_notifications"
    expression = "resource.name == \"projects/${var.project}/databases/${local.database}\""
  }
}

resource "google_project_iam_member" "web_sees_spool" {
  project = var.project
  role    = "roles/datastore.viewer"
  member  = local.web

  condition {
    title      = "kcidb_notifications"
    expression = "resource.name == \"projects/${var.project}/databases/${local.database}\""
  }
}

# Secrets.

resource "google_secret_manager_secret_iam_member" "web_reads_jwt_secret" {
  secret_id = google_secret_manager_secret.secret[local.jwt_secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.web
}

resource "google_secret_manager_secret_iam_member" "tasks_reads_smtp_password" {
  secret_id = google_secret_manager_secret.secret[local.smtp_password].id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.tasks
}

# Subscriptions of people, as files.

resource "google_storage_bucket_iam_member" "tasks_reads_subscriptions" {
  bucket = google_storage_bucket.subscriptions.name
  role   = "roles/storage.objectViewer"
  member = local.tasks
}

# The job. The services need no roles: see run.tf.

resource "google_cloud_run_v2_job_iam_member" "scheduler_starts_compacter" {
  name     = google_cloud_run_v2_job.compacter.name
  location = var.region
  role     = "roles/run.invoker"
  member   = local.scheduler
}
