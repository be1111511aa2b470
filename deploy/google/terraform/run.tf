# SPDX-License-Identifier: Apache-2.0

# The two services. Both are the same program, and keep nothing in their instances.
locals {
  # Cloud Run gives a service this address, besides another that is known only after it
  # was made.
  web_url   = "https://${local.web_service}-${data.google_project.this.number}.${var.region}.run.app"
  tasks_url = "https://${local.tasks_service}-${data.google_project.this.number}.${var.region}.run.app"

  environment = {
    KCIDB_DATA     = "/var/lib/kcidb" # in the image; nothing is kept there
    KCIDB_DATABASE = "bigquery:${var.project}.${var.dataset}"
    KCIDB_QUEUE    = "pubsub:${var.project}/${local.topic}?subscription=${local.subscription}"
    KCIDB_SPOOL    = "firestore:${var.project}/${local.database}?collection=${local.collection}"
    KCIDB_LOADED   = "pubsub:${var.project}/${local.loaded_topic}?subscription=${local.loaded_subscription}"
    KCIDB_BASE_URL = var.base_url == "" ? local.web_url : var.base_url
    KCIDB_ROLES    = "web"
    # Cloud Run sends requests to the port below.
    KCIDB_LISTEN     = "0.0.0.0:8080"
    KCIDB_LOG_FORMAT = "json"
  }

  web_environment = merge(local.environment, {
    KCIDB_JWT_SECRET = "gcp-secret:projects/${var.project}/secrets/${local.jwt_secret}"
    # The address of a caller is in X-Forwarded-For, which the front end of Cloud Run sets.
    KCIDB_TRUSTED_PROXIES = "169.254.0.0/16"
    KCIDB_MAX_SUBMISSION  = var.max_submission
    KCIDB_MAX_MEMORY      = "256MiB"
  })

  tasks_environment = merge(local.environment, {
    KCIDB_ALLOW_OPEN       = "true" # only calls from within the project arrive, and its account cannot queue submissions
    KCIDB_TASKS_AUDIENCE   = local.tasks_url
    KCIDB_TASKS_ACCOUNTS   = google_service_account.account[local.scheduler_account].email
    KCIDB_SUBSCRIPTIONS    = "/etc/kcidb/subscriptions"
    KCIDB_SMTP             = var.smtp
    KCIDB_SMTP_PASSWORD    = var.smtp == "" ? "" : "gcp-secret:projects/${var.project}/secrets/${local.smtp_password}"
    KCIDB_MAIL_FROM        = var.mail_from
    KCIDB_MAIL_TO_OVERRIDE = var.mail_to_override
  })
}

# The files of the subscriptions. The services see a new file without a restart.
resource "google_storage_bucket" "subscriptions" {
  name                        = "${var.project}-kcidb-subscriptions"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
}

resource "google_cloud_run_v2_service" "web" {
  name                 = local.web_service
  location             = var.region
  ingress              = "INGRESS_TRAFFIC_ALL"
  invoker_iam_disabled = true # for everyone
  deletion_protection  = false

  template {
    service_account                  = google_service_account.account[local.web_account].email
    timeout                          = "300s"
    max_instance_request_concurrency = 40

    scaling {
      min_instance_count = 0
      max_instance_count = var.web_instances
    }

    containers {
      image = var.image
      args  = ["serve"]

      ports {
        container_port = 8080
      }

      resources {
        limits            = { cpu = "1", memory = "1Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        http_get {
          path = "/health"
        }
      }

      dynamic "env" {
        for_each = local.web_environment
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  # A new instance reads the secret, and fails without a version.
  depends_on = [google_project_service.api, google_secret_manager_secret_iam_member.web_reads_jwt_secret]
}

resource "google_cloud_run_v2_service" "tasks" {
  name     = local.tasks_service
  location = var.region
  # Only callers within the project arrive, as the scheduler. The service checks their
  # tokens itself: Cloud Run would remove the signatures of those that it checks.
  ingress              = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  invoker_iam_disabled = true
  deletion_protection  = false

  template {
    service_account                  = google_service_account.account[local.tasks_account].email
    timeout                          = "600s"
    max_instance_request_concurrency = 8
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2" # for the volume

    scaling {
      min_instance_count = 0
      max_instance_count = 2
    }

    containers {
      image = var.image
      args  = ["serve"]

      ports {
        container_port = 8080
      }

      resources {
        limits            = { cpu = "1", memory = "2Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        http_get {
          path = "/health"
        }
      }

      dynamic "env" {
        for_each = local.tasks_environment
        content {
          name  = env.key
          value = env.value
        }
      }

      volume_mounts {
        name       = "subscriptions"
        mount_path = "/etc/kcidb/subscriptions"
      }
    }

    volumes {
      name = "subscriptions"
      gcs {
        bucket    = google_storage_bucket.subscriptions.name
        read_only = true
      }
    }
  }

  depends_on = [
    google_project_service.api,
    google_secret_manager_secret_iam_member.tasks_reads_smtp_password,
    google_storage_bucket_iam_member.tasks_reads_subscriptions,
  ]
}

# Merges the rows that the loads of an object left, so that queries read less.
resource "google_cloud_run_v2_job" "compacter" {
  name                = local.compacter
  location            = var.region
  deletion_protection = false

  template {
    template {
      service_account = google_service_account.account[local.tasks_account].email
      timeout         = "3600s"
      max_retries     = 1

      containers {
        image = var.image
        args  = ["db", "compact", "-d", local.environment.KCIDB_DATABASE]

        resources {
          limits = { cpu = "1", memory = "2Gi" }
        }
      }
    }
  }

  depends_on = [google_project_service.api]
}
