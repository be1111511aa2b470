// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Platform is a platform that tests ran on.
type Platform struct {
	Name        string
	Compatibles []string // of its newest tests, as they have them: the board first, the chip last
	Day         int64    // when its newest tests started, in days since 1970
}

// Chip returns the last compatible, which is usually the chip; "" for none.
func (p *Platform) Chip() string {
	if len(p.Compatibles) == 0 {
		return ""
	}
	return p.Compatibles[len(p.Compatibles)-1]
}

// Platforms returns the platforms of tests that started on days, by name. Names of more
// than 200 characters are left out. It reads two rows of each platform that ever was
// tested, however many tests there are.
func (db *DB) Platforms(ctx context.Context, days Days) (all []Platform, err error) {
	// Each name is found by the one before it, because neither engine skips the rows of a
	// name in an index when it selects distinct names.
	from := " FROM hardware_counts h WHERE " + rollup.HasShortPlatform("h")
	of := from + " AND h.platform = "
	query := `
		WITH RECURSIVE p(platform) AS (
			SELECT min(h.platform)` + from + `
			UNION ALL
			SELECT (SELECT min(h.platform)` + from + ` AND h.platform > p.platform)
			FROM p
			WHERE p.platform IS NOT NULL
		)
		SELECT n.platform, n.day, (SELECT h.compatible` + of + `n.platform AND h.day <= $2 ORDER BY h.day DESC, h.key DESC LIMIT 1)
		FROM (SELECT p.platform, (SELECT max(h.day)` + of + `p.platform AND h.day <= $2) AS day FROM p WHERE p.platform IS NOT NULL) n
		WHERE n.day >= $1
		ORDER BY n.platform`
	var p Platform
	var compatible string
	err = db.read(ctx, "read platforms", query, []any{days.First, days.Last}, []any{&p.Name, &p.Day, &compatible}, func() {
		p.Compatibles = listOf(compatible)
		all = append(all, p)
	})
	return all, err
}

// PlatformsWith returns platforms whose name, or a compatible, contains a text, whatever
// the case of its letters. It returns at most n, those that were tested last first.
func (db *DB) PlatformsWith(ctx context.Context, text string, n int) ([]Platform, error) {
	all, err := db.Platforms(ctx, Days{0, maxDay})
	all = slices.DeleteFunc(all, func(p Platform) bool { return !p.Contains(text) })
	slices.SortStableFunc(all, func(a, b Platform) int { return cmp.Compare(b.Day, a.Day) })
	return all[:min(n, len(all))], err
}

// maxDay is later than any day of a test.
const maxDay = 1 << 30

// Contains reports whether the name or a compatible contains a text, whatever the case of
// its letters.
func (p *Platform) Contains(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(append([]string{p.Name}, p.Compatibles...), func(name string) bool {
		return strings.Contains(strings.ToLower(name), text)
	})
}

// Profile says where a platform was tested, and for which architectures. The lists are
// sorted.
type Profile struct{ Architectures, Labs, Origins []string }

// Profiles returns the profiles of platforms, as their tests on Platform.Day know them.
func (db *DB) Profiles(ctx context.Context, platforms []Platform) (map[string]Profile, error) {
	all := make(map[string]Profile, len(platforms))
	if len(platforms) == 0 {
		return all, nil
	}
	var args []any
	var rows []string
	for _, p := range platforms {
		rows = append(rows, fmt.Sprintf("(CAST($%d AS text), CAST($%d AS bigint))", len(args)+1, len(args)+2))
		args = append(args, p.Name, p.Day)
	}
	query := `
		WITH p(platform, day) AS (VALUES ` + strings.Join(rows, ", ") + `)
		SELECT DISTINCT b.platform, k.architecture, t.lab, t.origin
		FROM (SELECT DISTINCT h.platform, h.build_id FROM p JOIN hardware_counts h` + db.Indexed("hardware_counts_platform") + ` ON h.platform = p.platform AND h.day = p.day WHERE ` + rollup.HasShortPlatform("h") + `) b
			JOIN counted_builds k ON k.build_id = b.build_id
			JOIN test_counts t` + db.Indexed("test_counts_platform") + ` ON t.build_id = b.build_id AND t.platform = b.platform AND ` + rollup.HasShortPlatform("t")
	type sets struct{ architectures, labs, origins set }
	found := make(map[string]*sets)
	var platform, architecture, lab, origin string
	err := db.read(ctx, "read profiles of platforms", query, args, []any{&platform, &architecture, &lab, &origin}, func() {
		s := found[platform]
		if s == nil {
			s = &sets{}
			found[platform] = s
		}
		addName(&s.architectures, architecture)
		addName(&s.labs, facts.LabOf(lab, origin))
		addName(&s.origins, origin)
	})
	for name, s := range found {
		all[name] = Profile{s.architectures.sorted(), s.labs.sorted(), s.origins.sorted()}
	}
	return all, err
}

func addName(s *set, name string) {
	if name != "" {
		s.add(name)
	}
}

// HardwareAt says which tests to count: those on platforms, at revisions of package
// verdicts, that started on days.
type HardwareAt struct {
	Platforms []string
	Days      Days
	Revisions []int64  // keys
	Origins   []string // of the tests; nil for all
}

// HardwareAt returns platforms with the numbers of their tests, in the order of their
// names.
func (db *DB) HardwareAt(ctx context.Context, of HardwareAt) (all []Hardware, err error) {
	// PostgreSQL would look for the builds once for each row "h", because it does not know
	// that there are many rows of the last days. SQLite reads "h" first, by its index.
	from := `
		FROM hardware_counts h CROSS JOIN (
			WITH b AS MATERIALIZED (
				SELECT DISTINCT k.build_id
				FROM revisions o JOIN revisions r ON r.commit_hash = o.commit_hash AND r.patchset_hash = o.patchset_hash
					JOIN revision_checkouts c ON c.revision = r.key
					JOIN counted_builds k ON k.checkout_id = c.checkout_id AND k.checkout_id <> ''
				WHERE ` + db.In("o.key", 4) + `
			)
			SELECT build_id FROM b
		) b
		WHERE b.build_id = h.build_id AND ` + rollup.HasShortPlatform("h") + " AND " + db.In("h.platform", 1) + ` AND h.day BETWEEN $2 AND $3`
	args := []any{db.List(of.Platforms), of.Days.First, of.Days.Last, db.Numbers(of.Revisions)}
	if of.Origins != nil {
		from += " AND " + db.In("h.origin", 5)
		args = append(args, db.List(of.Origins))
	}
	err = db.view(ctx, "read hardware", func(ctx context.Context, tx sqldb.Tx) error {
		all, err = readHardware(ctx, tx, from, "h.kind", args, func(kind string) rollup.Kind { return rollup.Kind(kind) })
		return err
	})
	return all, err
}
