# SPDX-License-Identifier: Apache-2.0

# The names of the resources. The commands have the same names as defaults
# (internal/google/names), and a test holds both together.
locals {
  topic               = var.topic
  subscription        = var.subscription
  loaded_topic        = "kcidb_loaded"
  loaded_subscription = "kcidb_loaded_notify"
  dead_suffix         = "_dead"
  dead_keep_suffix    = "_dead_keep"
  ack_deadline        = 540

  database   = var.firestore
  collection = "notifications"

  jwt_secret    = "kcidb_jwt_secret"
  smtp_password = "kcidb_smtp_password"

  web_account       = "kcidb-web"
  tasks_account     = "kcidb-tasks"
  scheduler_account = "kcidb-scheduler"

  web_service   = "kcidb"
  tasks_service = "kcidb-tasks"

  load_job    = "kcidb_load"
  notify_job  = "kcidb_notify"
  send_job    = "kcidb_send"
  compact_job = "kcidb_compact"
  compacter   = "kcidb-compact"
}
