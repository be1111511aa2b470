# SPDX-License-Identifier: Apache-2.0

# What the three Cloud Functions of the Python system did. A call works until nothing is
# left, or for the seconds; a call that comes while another runs waits for its turn.
resource "google_cloud_scheduler_job" "task" {
  for_each = {
    (local.load_job)   = "load"
    (local.notify_job) = "notify"
    (local.send_job)   = "send"
  }
  name             = each.key
  region           = var.region
  schedule         = each.value == "notify" ? var.notify_schedule : var.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "180s"

  http_target {
    http_method = "POST"
    uri         = "${local.tasks_url}/tasks/${each.value}?seconds=50"

    oidc_token {
      service_account_email = google_service_account.account[local.scheduler_account].email
      audience              = local.tasks_url
    }
  }

  depends_on = [google_project_service.api, google_cloud_run_v2_service.tasks]
}

resource "google_cloud_scheduler_job" "compact" {
  name      = local.compact_job
  region    = var.region
  schedule  = var.compact_schedule
  time_zone = "Etc/UTC"

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.compacter.id}:run"

    oauth_token {
      service_account_email = google_service_account.account[local.scheduler_account].email
    }
  }

  depends_on = [google_project_service.api, google_cloud_run_v2_job_iam_member.scheduler_starts_compacter]
}
