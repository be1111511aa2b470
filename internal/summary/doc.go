// SPDX-License-Identifier: Apache-2.0

// Package summary sums up many results: the worst of several statuses, [Counts] by
// status, [CountsByName] and [Groups] of results that differ only in platform,
// configuration or architecture.
//
// Mails, pages, commands and the API compute their summaries here, so that they agree.
// Values are for one goroutine at a time.
package summary
