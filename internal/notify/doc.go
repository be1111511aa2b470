// SPDX-License-Identifier: Apache-2.0

// Package notify sends notifications: it compares the changes in a database with the
// subscriptions, writes a message for each match, and delivers it to each recipient.
//
// # Overview
//
// A Notifier runs four loops, in one process or in several on the same database:
//
//	          Consider             Write               Deliver
//	changes ───────────▶ waiting ──────────▶ ready ──────────────▶ done
//	          in order             when due            per recipient
//
// Consider takes the changes that loads recorded, and offers each changed object and its
// ancestors to the subscriptions. Each match becomes a notification. One process at a time
// considers: it holds a lease of 30 seconds.
//
// Write renders a notification when it is due, from the objects that are in the database
// then. It asks the subscription again if the notification had to wait. It picks up to 16
// notifications, and reads their objects at once.
//
// Deliver sends a message to each recipient by one route: mail, or one webhook. A feed
// needs no delivery, because pages read it from the spool.
//
// Forget deletes old notifications.
//
// All state is in the spool, which is a set of tables beside the objects. The loops share
// nothing else. Package spool draws the states of notifications and deliveries.
//
// # Exactly once, and at least once
//
// One transaction deletes the changes that were considered and stores the notifications
// that they call for. So each change is considered exactly once, even if a process
// dies at any moment.
//
// Writers pick notifications for six minutes, because a database may take seconds for each
// question. Senders pick a delivery for two minutes. If they die, the pick ends and another
// process picks it. A message is sent twice only if the process or its connection dies
// after the mail server accepted the message and before the spool recorded that. Both
// copies have the same Message-ID, so that mail programs show one.
//
// # Failure handling
//
// A failure delays only what it concerns:
//
//   - The database fails as a whole: it is busy, full, read-only, gone. The loop waits, from
//     one second up to one minute, and tries again. Nothing is lost.
//   - One object cannot be considered, or one notification cannot be written. A panic sets
//     it aside at once; another error does so after three failures in a row. Objects are
//     read 1,000 at a time, and a failing 1,000 is halved until the failing object is
//     alone. If notifications that are read at once fail, each is read alone. An
//     administrator sees what was set aside, and can try it again.
//   - A rule or a template of a subscription fails. A rule then does not match, and the
//     failure is counted. A template is replaced by the standard text, which says so.
//   - A file of a subscription becomes wrong. The subscription stays as it was, and its
//     notifications wait, for at most ten minutes at a time.
//   - A recipient is refused: that delivery has failed, and no other.
//   - A delivery fails for another reason: it is tried again after one minute, and after
//     twice as long each time, up to four hours. It has failed after 20 attempts, which is
//     some two days.
//   - A route is down: three deliveries in a row do not reach the server. The route closes
//     for one minute, and for twice as long each time, up to 15 minutes. Each route has its
//     own worker, so that other routes go on.
package notify
