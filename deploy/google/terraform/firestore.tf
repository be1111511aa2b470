# SPDX-License-Identifier: Apache-2.0

# The database of the notifications. Its indexes are those that the program declares.
locals {
  declared = jsondecode(file("${path.module}/../firestore.indexes.json"))
  indexes = {
    for index in local.declared.indexes :
    join("-", concat([index.collectionGroup], [for field in index.fields : field.fieldPath])) => index
  }
  fields = {
    for field in local.declared.fieldOverrides :
    "${field.collectionGroup}-${field.fieldPath}" => field
  }
}

resource "google_firestore_database" "spool" {
  name            = local.database
  location_id     = var.region
  type            = "FIRESTORE_NATIVE"
  deletion_policy = "ABANDON" # destroying the rest keeps what was sent
  depends_on      = [google_project_service.api]
}

resource "google_firestore_index" "spool" {
  for_each    = local.indexes
  database    = google_firestore_database.spool.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = lookup(fields.value, "order", null)
      array_config = lookup(fields.value, "arrayConfig", null)
    }
  }
}

# Fields that no query asks for have no indexes: each would cost a write.
resource "google_firestore_field" "spool" {
  for_each   = local.fields
  database   = google_firestore_database.spool.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {}

  dynamic "ttl_config" {
    for_each = lookup(each.value, "ttl", false) ? [true] : []
    content {}
  }
}
