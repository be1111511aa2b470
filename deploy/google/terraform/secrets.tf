# SPDX-License-Identifier: Apache-2.0

# The secrets have no versions here, because Terraform would keep their texts in its
# state. Add a version by "gcloud secrets versions add".
resource "google_secret_manager_secret" "secret" {
  for_each  = toset([local.jwt_secret, local.smtp_password])
  secret_id = each.key

  replication {
    auto {}
  }

  depends_on = [google_project_service.api]
}
