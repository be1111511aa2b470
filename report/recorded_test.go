// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"slices"
)

// lastRecorded is the newest version of the Python system. That system recorded the cases
// in testdata/golden: the reports that it finds valid, upgrades and merges. A test with these
// cases asks for this version, because later versions are ours alone.
var lastRecorded = Version{5, 3}

// recordedVersions returns the versions that must have recorded cases: each version up to
// lastRecorded.
func recordedVersions() []Version {
	return versions[:slices.Index(versions, lastRecorded)+1]
}

// keepUnknown returns a recorded report with version 5.4, which the Python system does not
// know, as a report with the minor version after the latest. Other reports stay.
func keepUnknown(text []byte) []byte {
	return bytes.Replace(text, []byte(`{"major":5,"minor":4}`), fmt.Appendf(nil, `{"major":%d,"minor":%d}`, latest.Major, latest.Minor+1), 1)
}
