// SPDX-License-Identifier: Apache-2.0

package store

import "github.com/kcidb-go/kcidb/internal/store/rollup"

// RollUpper is a Store that keeps the numbers that pages show.
type RollUpper interface {
	Rollups() *rollup.DB
}
