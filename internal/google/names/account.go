// SPDX-License-Identifier: Apache-2.0

package names

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

const (
	// SubmitterPrefix begins the IDs of the service accounts of CI systems.
	SubmitterPrefix = "kcidb-ci-"
	// maxAccount is the most characters of the ID of a service account.
	maxAccount = 30
)

// Submitter returns the ID of the service account of a CI system, by its origin. The
// origins of reports have underscores, which IDs cannot have. An origin that is too long, or ends
// with an underscore, is cut and gets a part of its hash, so that no two origins share an
// account.
func Submitter(origin string) string {
	id := SubmitterPrefix + strings.ReplaceAll(origin, "_", "-")
	if len(id) <= maxAccount && !strings.HasSuffix(id, "-") {
		return id
	}
	hash := fmt.Sprintf("-%x", sha256.Sum256([]byte(origin)))[:7]
	return strings.TrimRight(id[:min(len(id), maxAccount-len(hash))], "-") + hash
}
