// SPDX-License-Identifier: Apache-2.0

// Package grafana has Grafana dashboards for the PostgreSQL store and, in bigquery, for
// the BigQuery store, and their tests. It has no code.
//
// The SQL, in sql/DASHBOARD/PANEL.sql, and the description of pages and panels, in
// mkdashboards, are written by hand. "go generate ./deploy/grafana" generates the
// dashboards from them. See README.md for the installation.
package grafana

//go:generate go run ./mkdashboards
