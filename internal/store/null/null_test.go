// SPDX-License-Identifier: Apache-2.0

package null

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Sink { return sink{} },
		storetest.Capabilities{Initialized: true, Permanent: true, Purges: true})
}
