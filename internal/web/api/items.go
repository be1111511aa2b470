// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"time"
)

// Shapes that many answers have in common.

// Issue is a known issue, and what it was seen in.
type Issue struct {
	ID        string      `json:"id" doc:"ID of the issue"`
	Version   int         `json:"version" doc:"Its version"`
	Comment   *string     `json:"comment" doc:"What it is, in a line"`
	ReportURL *string     `json:"report_url" doc:"Where it is discussed"`
	Incidents StatusCount `json:"incidents_info" doc:"What it was seen in here, by status"`
}

// BuildItem is a build in a list.
type BuildItem struct {
	ID           string          `json:"id" doc:"ID of the build"`
	Origin       string          `json:"origin" doc:"Who built it"`
	Architecture *string         `json:"architecture" doc:"What it runs on"`
	ConfigName   *string         `json:"config_name" doc:"Name of its configuration"`
	Misc         json.RawMessage `json:"misc" doc:"What else the origin tells"`
	ConfigURL    *string         `json:"config_url" doc:"Its configuration"`
	Compiler     *string         `json:"compiler" doc:"What compiled it"`
	Status       string          `json:"status" doc:"How it ended; NULL where nobody knows"`
	Duration     *float64        `json:"duration" doc:"How long it took, in seconds"`
	LogURL       *string         `json:"log_url" doc:"Its log"`
	StartTime    *time.Time      `json:"start_time" doc:"When it began"`
	URL          *string         `json:"git_repository_url" doc:"Repository of what was built"`
	Branch       *string         `json:"git_repository_branch" doc:"Branch of what was built"`
}

// TestItem is a boot, or another test, in a list.
type TestItem struct {
	ID              string          `json:"id" doc:"ID of the test"`
	Origin          string          `json:"origin" doc:"Who ran it"`
	Status          string          `json:"status" doc:"How it ended; NULL where nobody knows"`
	Duration        *float64        `json:"duration" doc:"How long it took, in seconds"`
	Path            *string         `json:"path" doc:"Which test it was"`
	StartTime       *time.Time      `json:"start_time" doc:"When it began"`
	Compatible      *[]string       `json:"environment_compatible" doc:"What the hardware is compatible with"`
	Config          *string         `json:"config" doc:"Name of the build's configuration"`
	LogURL          *string         `json:"log_url" doc:"Its log"`
	Architecture    *string         `json:"architecture" doc:"Architecture of the build"`
	Compiler        *string         `json:"compiler" doc:"What compiled the build"`
	EnvironmentMisc json.RawMessage `json:"environment_misc" doc:"What else is told of the hardware: the platform, and all of it where that was asked for"`
	Misc            json.RawMessage `json:"misc" doc:"What else the origin tells"`
	Lab             *string         `json:"lab" doc:"Lab that it ran in, else its origin"`
}
