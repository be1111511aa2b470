# SPDX-License-Identifier: Apache-2.0

output "database" {
  description = "The specification of the database, for -d."
  value       = local.environment.KCIDB_DATABASE
}

output "web_url" {
  description = "Where the pages are, and where submissions go by HTTP."
  value       = local.environment.KCIDB_BASE_URL
}

output "subscriptions" {
  description = "Where the files of the subscriptions go."
  value       = google_storage_bucket.subscriptions.url
}
