// SPDX-License-Identifier: Apache-2.0

// Package local opens what runs beside a program or within it: databases and queues.
// Both are a [*kcidb.Client], as a service is:
//
//   - [OpenDatabase] is for programs that evaluate reports. The database loads what is
//     submitted at once, and answers queries.
//   - [OpenQueue] is for programs on the machine or in the cluster of a service. The queue
//     keeps what is submitted until the service loads it, and answers no queries. An
//     embedded queue accepts submissions of other processes only if queue_listen in
//     the configuration of the service names an address.
//
// The package links the engines into the program: SQLite and the client of PostgreSQL for
// OpenDatabase, the client and the server of NATS for OpenQueue. A program that speaks to
// a service over HTTP imports package kcidb alone, and has 8 MB. With OpenDatabase a
// program has 19 MB, with OpenQueue 27 MB, with both 30 MB (go build -ldflags "-s -w").
package local
