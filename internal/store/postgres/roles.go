// SPDX-License-Identifier: Apache-2.0

package postgres

import "context"

func (m *migrator) grant(ctx context.Context) error { return nil }
