// SPDX-License-Identifier: Apache-2.0

// Package notify tells people what concerns them: it considers what changed in
// a database, by the subscriptions there are, and sends what comes of it.
//
//	loads ─▶ noted changes ─▶ consider ─▶ spool ─▶ write ─▶ deliver ─▶ mail server,
//	                          (in order,           (when    (each        webhook, feed
//	                          as a whole)          due)     recipient)
//
// Considering some changes, and arming the notifications they call for, is one
// transaction that also forgets the changes: each is considered exactly once,
// whoever dies at whatever moment. A notification is written when it is due, of
// what is in the database then, and kept as it was written.
//
// Nothing waits for the trouble of something else: each way of delivery has a worker
// of its own, and an object that cannot be considered is set aside.
//
// A mail is sent twice only where the process, or its connection, dies after the
// mail server took it and before that was noted; both have the same Message-ID.
package notify
