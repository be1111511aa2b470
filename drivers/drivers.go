// SPDX-License-Identifier: Apache-2.0

// Package drivers lets [kcidb.OpenDatabase] and [kcidb.OpenQueue] open
// whatever the command kcidb can. It has nothing to call, and is imported for
// its effect:
//
//	import _ "github.com/kcidb-go/kcidb/drivers"
//
// It is a package of its own because it brings the engines into the program:
// SQLite, and the client and server of NATS. A program that only speaks to a
// service over HTTP does without, and is a third as large (8 MB of 25).
package drivers

import (
	"github.com/kcidb-go/kcidb/internal/engines"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store/all"
)

func init() {
	engines.OpenStore = all.Open
	engines.OpenQueue = jetstream.Open
}
