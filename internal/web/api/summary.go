// SPDX-License-Identifier: Apache-2.0

package api

// summary has the counts of a scope.
type summary struct {
	Builds buildSummary `json:"builds" doc:"Builds"`
	Boots  testSummary  `json:"boots" doc:"Boots"`
	Tests  testSummary  `json:"tests" doc:"Other tests"`
}

// countsBy has counts by a property.
type countsBy map[string]*StatusCount

// buildSummary has the counts of builds.
type buildSummary struct {
	Status        StatusCount               `json:"status" doc:"Total, by status"`
	Origins       countsBy                  `json:"origins" doc:"By origin"`
	Architectures map[string]*architectures `json:"architectures" doc:"By architecture"`
	Configs       countsBy                  `json:"configs" doc:"By name of the configuration"`
	Labs          countsBy                  `json:"labs" doc:"By lab"`
	Issues        []Issue                   `json:"issues" doc:"Issues that were seen"`
	UnknownIssues int64                     `json:"unknown_issues" doc:"How many failed without a known issue"`
}

// architectures has the counts of the builds of an architecture.
type architectures struct {
	StatusCount
	Compilers []string `json:"compilers" doc:"Compilers"`
}

// testSummary has the counts of boots, or of other tests.
type testSummary struct {
	Status          StatusCount      `json:"status" doc:"Total, by status"`
	Origins         countsBy         `json:"origins" doc:"By origin"`
	Architectures   []builtWith      `json:"architectures" doc:"By architecture and compiler of the build"`
	Configs         countsBy         `json:"configs" doc:"By configuration of the build"`
	Issues          []Issue          `json:"issues" doc:"Issues that were seen"`
	UnknownIssues   int64            `json:"unknown_issues" doc:"How many failed without a known issue"`
	FailReasons     map[string]int64 `json:"fail_reasons" doc:"How many failed, by the reason that the test gives"`
	FailedPlatforms []string         `json:"failed_platforms" doc:"Platforms on which a test failed, had an error or is missing"`
	Compatible      countsBy         `json:"environment_compatible" doc:"By compatible of the hardware"`
	Misc            countsBy         `json:"environment_misc" doc:"By platform"`
	Platforms       *countsBy        `json:"platforms" doc:"By platform; only for a hardware"`
	Labs            countsBy         `json:"labs" doc:"By lab"`
}

// builtWith counts the tests of builds with the same architecture and compiler.
type builtWith struct {
	Architecture string      `json:"arch" doc:"Architecture"`
	Compiler     string      `json:"compiler" doc:"Compiler"`
	Status       StatusCount `json:"status" doc:"Number, by status"`
}

// summaryFilters has the values to filter by.
type summaryFilters struct {
	All    buildFilters     `json:"all" doc:"Values of builds, which apply to their boots and tests as well"`
	Builds KindFilters      `json:"builds" doc:"Values of builds"`
	Boots  testFilterValues `json:"boots" doc:"Values of boots"`
	Tests  testFilterValues `json:"tests" doc:"Values of other tests"`
}

// buildFilters has the values of builds, which apply to their boots and tests as well.
type buildFilters struct {
	Configs       []string `json:"configs" doc:"Configurations"`
	Architectures []string `json:"architectures" doc:"Architectures"`
	Compilers     []string `json:"compilers" doc:"Compilers"`
}

// KindFilters has the values to filter builds, boots or tests by.
type KindFilters struct {
	Issues          [][2]any `json:"issues" doc:"Issues that were seen: ID and version"`
	Origins         []string `json:"origins" doc:"Origins"`
	HasUnknownIssue bool     `json:"has_unknown_issue" doc:"Whether any failed without a known issue"`
	Labs            []string `json:"labs" doc:"Labs"`
}

// testFilterValues has the values to filter boots or tests by.
type testFilterValues struct {
	KindFilters
	Platforms *[]string `json:"platforms,omitzero" doc:"Platforms; only for a hardware"`
}
