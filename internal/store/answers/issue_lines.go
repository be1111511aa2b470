// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// IssueLine is what lists say about an issue. A missing text is "".
type IssueLine struct {
	Comment, ReportURL string
	FirstSeen          int64 // any version of the issue, in microseconds since 1970, 0 if unknown
}

// IssueLines returns what lists say about versions of issues. It leaves out versions that
// do not exist.
func (db *DB) IssueLines(ctx context.Context, keys []store.Key) (map[store.Key]IssueLine, error) {
	all := make(map[store.Key]IssueLine, len(keys))
	if len(keys) == 0 {
		return all, nil
	}
	ids := make(set)
	wanted := make(map[store.Key]bool)
	for _, key := range keys {
		ids.add(key.ID)
		wanted[key] = true
	}
	query := `
		SELECT i.id, i.version, ` + sqldb.Text("i.comment") + `, ` + sqldb.Text("i.report_url") + `,
			coalesce((SELECT min(c.first_seen) FROM issue_counts c WHERE c.issue_id = i.id AND c.first_seen <> 0), 0)
		FROM issues i
		WHERE ` + db.In("i.id", 1)
	var key store.Key
	var line IssueLine
	err := db.read(ctx, "read issues", query, []any{db.List(ids.sorted())},
		[]any{&key.ID, &key.Version, &line.Comment, &line.ReportURL, &line.FirstSeen}, func() {
			if wanted[key] {
				all[key] = line
			}
		})
	return all, err
}
