# SPDX-License-Identifier: Apache-2.0

# Where the image goes: var.image names it.
resource "google_artifact_registry_repository" "images" {
  repository_id = "kcidb"
  location      = var.region
  format        = "DOCKER"
  depends_on    = [google_project_service.api]
}
