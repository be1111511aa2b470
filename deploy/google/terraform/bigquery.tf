# SPDX-License-Identifier: Apache-2.0

# The data set, without tables: "kcidb db init" makes these, and "kcidb db upgrade"
# changes them. Google refuses to remove a data set that has tables.
resource "google_bigquery_dataset" "reports" {
  for_each                   = toset(concat([var.dataset], var.other_datasets))
  dataset_id                 = each.key
  location                   = var.location
  description                = "Reports of KCIDB"
  delete_contents_on_destroy = false
  depends_on                 = [google_project_service.api]
}
