// SPDX-License-Identifier: Apache-2.0

// Package google has the files that set up a Google Cloud project.
package google

import _ "embed"

// FirestoreIndexes declares the indexes that notifications in Firestore need.
//
//go:embed firestore.indexes.json
var FirestoreIndexes []byte
