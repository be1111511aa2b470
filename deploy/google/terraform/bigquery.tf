# SPDX-License-Identifier: Apache-2.0

# The data set, without tables: "kcidb db init" makes these, and "kcidb db upgrade"
# changes them.
resource "google_bigquery_dataset" "reports" {
  dataset_id                 = var.dataset
  location                   = var.location
  description                = "Reports of KCIDB"
  delete_contents_on_destroy = false
  depends_on                 = [google_project_service.api]
}
