// SPDX-License-Identifier: Apache-2.0

// Package facts reads out of one object what the schema of reports has no property
// for, or only a loose one: the platform and the lab of a test, its suite, why it failed,
// the culprits of an issue, the repository behind a URL.
//
// Origins tell most of these by convention, in the free object misc. Only this package
// knows the conventions, so that roll-ups, mails, pages and the API agree.
package facts
