# SPDX-License-Identifier: Apache-2.0

# The two queues: submissions, and what was loaded. Each has a topic and a
# subscription, and both once more for its dead letters. "kcidb mq" makes the same.
locals {
  queues = {
    (local.topic)        = local.subscription
    (local.loaded_topic) = local.loaded_subscription
  }
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic" "queue" {
  for_each   = local.queues
  name       = each.key
  depends_on = [google_project_service.api]
}

resource "google_pubsub_topic" "dead" {
  for_each   = local.queues
  name       = "${each.key}${local.dead_suffix}"
  depends_on = [google_project_service.api]
}

resource "google_pubsub_subscription" "queue" {
  for_each             = local.queues
  name                 = each.value
  topic                = google_pubsub_topic.queue[each.key].id
  ack_deadline_seconds = local.ack_deadline

  expiration_policy {
    ttl = "" # never
  }

  # The loader gives a message up after five attempts, with the reason. This limit is
  # for messages that end the loader, and makes Pub/Sub count the attempts.
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.key].id
    max_delivery_attempts = 100
  }
}

resource "google_pubsub_subscription" "dead" {
  for_each                   = local.queues
  name                       = "${each.key}${local.dead_keep_suffix}"
  topic                      = google_pubsub_topic.dead[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s" # 31 days

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves messages to the dead letters.
resource "google_pubsub_topic_iam_member" "agent_publishes_dead" {
  for_each = local.queues
  topic    = google_pubsub_topic.dead[each.key].name
  role     = "roles/pubsub.publisher"
  member   = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "agent_takes_dead" {
  for_each     = local.queues
  subscription = google_pubsub_subscription.queue[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
