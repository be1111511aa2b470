// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"time"
)

// Items of many lists.

// Issue is a known issue, with counts of the builds or tests in which it was seen.
type Issue struct {
	ID        string      `json:"id" doc:"ID of the issue"`
	Version   int         `json:"version" doc:"Version of the issue"`
	Comment   *string     `json:"comment" doc:"One-line description of the issue"`
	ReportURL *string     `json:"report_url" doc:"URL of the discussion"`
	Incidents StatusCount `json:"incidents_info" doc:"Number of builds or tests here in which it was seen, by status"`
}

// BuildItem is a build in a list.
type BuildItem struct {
	ID           string          `json:"id" doc:"ID of the build"`
	Origin       string          `json:"origin" doc:"Origin of the build"`
	Architecture *string         `json:"architecture" doc:"Architecture"`
	ConfigName   *string         `json:"config_name" doc:"Name of the configuration"`
	Misc         json.RawMessage `json:"misc" doc:"Free properties from the origin"`
	ConfigURL    *string         `json:"config_url" doc:"URL of the configuration"`
	Compiler     *string         `json:"compiler" doc:"Compiler"`
	Status       string          `json:"status" doc:"Status; NULL if unknown"`
	Duration     *float64        `json:"duration" doc:"Duration in seconds"`
	LogURL       *string         `json:"log_url" doc:"URL of the log"`
	StartTime    *time.Time      `json:"start_time" doc:"Start"`
	URL          *string         `json:"git_repository_url" doc:"URL of the repository"`
	Branch       *string         `json:"git_repository_branch" doc:"Name of the branch"`
}

// TestItem is a boot, or another test, in a list.
type TestItem struct {
	ID              string          `json:"id" doc:"ID of the test"`
	Origin          string          `json:"origin" doc:"Origin of the test"`
	Status          string          `json:"status" doc:"Status; NULL if unknown"`
	Duration        *float64        `json:"duration" doc:"Duration in seconds"`
	Path            *string         `json:"path" doc:"Path of the test"`
	StartTime       *time.Time      `json:"start_time" doc:"Start"`
	Compatible      *[]string       `json:"environment_compatible" doc:"Compatibles of the hardware"`
	Config          *string         `json:"config" doc:"Name of the build's configuration"`
	LogURL          *string         `json:"log_url" doc:"URL of the log"`
	Architecture    *string         `json:"architecture" doc:"Architecture of the build"`
	Compiler        *string         `json:"compiler" doc:"Compiler of the build"`
	EnvironmentMisc json.RawMessage `json:"environment_misc" doc:"Free properties of the environment: the platform, or all properties if full_environment_misc is true"`
	Misc            json.RawMessage `json:"misc" doc:"Free properties from the origin"`
	Lab             *string         `json:"lab" doc:"Lab that ran the test, or else the origin"`
}
