// SPDX-License-Identifier: Apache-2.0

// Package engines is where the public client finds the drivers of stores and
// queues, in programs that asked for them.
//
// The client itself imports no driver: a program that hands reports in over
// HTTP would carry SQLite and NATS for nothing, and be three times as large.
// Package drivers puts them here; see there.
package engines

import (
	"context"
	"errors"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
)

var errNone = errors.New(`this program has no drivers: it must import _ "github.com/kcidb-go/kcidb/drivers"`)

// OpenStore opens the database of a specification. It is set once, when the
// program starts.
var OpenStore = func(context.Context, string) (store.Store, error) { return nil, errNone }

// OpenQueue opens the queue of a specification. It is set once, when the
// program starts.
var OpenQueue = func(context.Context, string) (queue.Queue, error) { return nil, errNone }
