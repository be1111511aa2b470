// SPDX-License-Identifier: Apache-2.0

// Package grafana holds no code, but Grafana dashboards for the PostgreSQL store
// and the tests that keep them whole.
//
// What is kept by hand is the SQL, in sql/DASHBOARD/PANEL.sql, and the description
// of pages and panels, in gen. The dashboards that Grafana reads are written from
// these two by "go generate ./deploy/grafana". See README.md for setting it up.
package grafana

//go:generate go run ./mkdashboards
