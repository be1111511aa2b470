// SPDX-License-Identifier: Apache-2.0

// Package facts reads facts out of single objects: the platform and the lab of a test,
// its suite, why it failed, the culprits of an issue, the repository behind a URL. The
// schema of reports has no property for such a fact, or only a loose one.
//
// Origins report most facts by convention, in the free object misc. Only this package
// knows the conventions, so that roll-ups, mails, pages and the API agree.
package facts
