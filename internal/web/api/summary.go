// SPDX-License-Identifier: Apache-2.0

package api

// summary is what there is of a scope.
type summary struct {
	Builds buildSummary `json:"builds" doc:"Builds"`
	Boots  testSummary  `json:"boots" doc:"Boots"`
	Tests  testSummary  `json:"tests" doc:"Other tests"`
}

// countsBy are counts by something.
type countsBy map[string]*StatusCount

// buildSummary is what there is of builds.
type buildSummary struct {
	Status        StatusCount               `json:"status" doc:"All of them, by status"`
	Origins       countsBy                  `json:"origins" doc:"By who built them"`
	Architectures map[string]*architectures `json:"architectures" doc:"By architecture"`
	Configs       countsBy                  `json:"configs" doc:"By the name of the configuration"`
	Labs          countsBy                  `json:"labs" doc:"By where they were made"`
	Issues        []Issue                   `json:"issues" doc:"Issues seen in them"`
	UnknownIssues int64                     `json:"unknown_issues" doc:"How many failed without a known issue"`
}

// architectures are the builds of an architecture.
type architectures struct {
	StatusCount
	Compilers []string `json:"compilers" doc:"What compiled them"`
}

// testSummary is what there is of boots, or of tests.
type testSummary struct {
	Status          StatusCount      `json:"status" doc:"All of them, by status"`
	Origins         countsBy         `json:"origins" doc:"By who ran them"`
	Architectures   []builtWith      `json:"architectures" doc:"By architecture and compiler of their builds"`
	Configs         countsBy         `json:"configs" doc:"By the configuration of their builds"`
	Issues          []Issue          `json:"issues" doc:"Issues seen in them"`
	UnknownIssues   int64            `json:"unknown_issues" doc:"How many failed without a known issue"`
	FailReasons     map[string]int64 `json:"fail_reasons" doc:"How many failed, by what they say of it"`
	FailedPlatforms []string         `json:"failed_platforms" doc:"Platforms on which any failed, or did not run"`
	Compatible      countsBy         `json:"environment_compatible" doc:"By what their hardware is compatible with"`
	Misc            countsBy         `json:"environment_misc" doc:"By platform"`
	Platforms       *countsBy        `json:"platforms" doc:"By platform, on the page of a hardware"`
	Labs            countsBy         `json:"labs" doc:"By where they ran"`
}

// builtWith are the tests of builds made alike.
type builtWith struct {
	Architecture string      `json:"arch" doc:"Architecture"`
	Compiler     string      `json:"compiler" doc:"Compiler"`
	Status       StatusCount `json:"status" doc:"How many, by status"`
}

// summaryFilters are what there is to filter by.
type summaryFilters struct {
	All    buildFilters     `json:"all" doc:"What is of builds, and of what ran on them"`
	Builds KindFilters      `json:"builds" doc:"What is of builds"`
	Boots  testFilterValues `json:"boots" doc:"What is of boots"`
	Tests  testFilterValues `json:"tests" doc:"What is of tests"`
}

// buildFilters are what there is to filter by of builds, and of what ran on them.
type buildFilters struct {
	Configs       []string `json:"configs" doc:"Configurations"`
	Architectures []string `json:"architectures" doc:"Architectures"`
	Compilers     []string `json:"compilers" doc:"Compilers"`
}

// KindFilters are what there is to filter builds, boots or tests by.
type KindFilters struct {
	Issues          [][2]any `json:"issues" doc:"Issues seen in them: ID and version"`
	Origins         []string `json:"origins" doc:"Who made them"`
	HasUnknownIssue bool     `json:"has_unknown_issue" doc:"Whether any failed without a known issue"`
	Labs            []string `json:"labs" doc:"Where they were made"`
}

// testFilterValues are what there is to filter boots or tests by.
type testFilterValues struct {
	KindFilters
	Platforms *[]string `json:"platforms,omitzero" doc:"Where they ran, on the page of a hardware"`
}
