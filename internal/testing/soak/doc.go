// SPDX-License-Identifier: Apache-2.0

// Package soak runs the whole service for long, with many submissions or under attack, and
// counts afterwards. Its scenarios are programs and not tests, because they take minutes to
// hours: cmd/soak runs them. They start the real kcidb, each service in a process of its own,
// and read the use of memory and files from /proc, so they need Linux.
//
//   - Drain queues many submissions before a loader runs, then drains the queue.
//   - Soak submits at a steady rate, while processes and PostgreSQL are killed.
//   - Hostile compares a client's times of acknowledgement alone and beside hostile clients.
//
// A scenario fails if a count is wrong. It prints times and rates, and leaves it to the reader
// to judge them.
package soak
