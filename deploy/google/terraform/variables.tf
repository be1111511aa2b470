# SPDX-License-Identifier: Apache-2.0

variable "project" {
  description = "The ID of the project. It must exist and have a billing account."
  type        = string
}

variable "region" {
  description = "The region of Cloud Run, the scheduler and Firestore."
  type        = string
  default     = "us-central1"
}

variable "location" {
  description = "The location of the data set: a region, or US or EU."
  type        = string
  default     = "US"
}

variable "dataset" {
  description = "The data set of BigQuery that the services use."
  type        = string
  default     = "kcidb"
}

variable "other_datasets" {
  description = "More data sets, which the accounts of the services may use: the next or the last one, during an upgrade by dump and load."
  type        = list(string)
  default     = []
}

variable "firestore" {
  description = "The database of Firestore with the notifications. Import one that exists: see docs/google-cloud.md."
  type        = string
  default     = "(default)"
}

variable "topic" {
  description = "The topic of submissions. Import one that exists: see docs/google-cloud.md."
  type        = string
  default     = "kcidb_new"
}

variable "subscription" {
  description = "The subscription of the loader to the topic of submissions."
  type        = string
  default     = "kcidb_new_load"
}

variable "image" {
  description = "The image of KCIDB, in a registry that Cloud Run reads, built by deploy/compose/Dockerfile."
  type        = string
}

variable "base_url" {
  description = "The public URL of the pages. Empty for the address that Cloud Run gives."
  type        = string
  default     = ""
}

variable "smtp" {
  description = "The mail server, such as smtp://kcidb@smtp.example.org:587. Empty to send no mail: mails wait."
  type        = string
  default     = ""
}

variable "mail_from" {
  description = "The sender address of mails."
  type        = string
  default     = "kcidb@localhost"
}

variable "mail_to_override" {
  description = "For trials: the address that gets all mails instead of the recipients."
  type        = string
  default     = ""
}

variable "schedule" {
  description = "When submissions are loaded and notifications sent, as in a crontab."
  type        = string
  default     = "* * * * *"
}

variable "notify_schedule" {
  description = "When loaded objects are considered, as in a crontab. A run with new results asks BigQuery some 40 questions."
  type        = string
  default     = "* * * * *"
}

variable "compact_schedule" {
  description = "When the data set is compacted, as in a crontab."
  type        = string
  default     = "0 3 * * 0"
}

variable "max_submission" {
  description = "The most bytes of a report by HTTP. A request to Cloud Run has 32 MiB at most."
  type        = string
  default     = "32MiB"
}

variable "web_instances" {
  description = "The most instances of the service that receives submissions and answers queries."
  type        = number
  default     = 4
}
