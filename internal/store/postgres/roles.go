// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

var _ store.RoleMaker = (*Store)(nil)

// Roles of users of a database. Roles belong to the whole server: all its KCIDB
// databases share the first two. The third role is the owner of the tables, who created
// them and migrates them.
const (
	editorRole = "kcidb_editor" // loads, purges, and reads
	viewerRole = "kcidb_viewer" // reads the objects
)

// private are the tables that users who only read must not see: only the sender and the
// recipients of a notification may know the recipients, and only administrators may know who
// has tokens and which objects were rejected.
var private = []string{"tokens", "origins", "rejected", "watch", "changes", "notifications", "deliveries", "considered", "statuses"}

// rolePurposes describe the roles in the database.
var rolePurposes = []struct{ role, purpose string }{
	{editorRole, "loads reports into databases of KCIDB"},
	{viewerRole, "reads databases of KCIDB"},
}

// MakeRoles creates the missing roles, and grants all of them their rights in this
// database. If the user may not create roles, it returns the statements for a user who
// may; MakeRoles has to be called again after these.
func (s *Store) MakeRoles(ctx context.Context) (left []string, err error) {
	err = s.migrating(ctx, func(m *migrator) error {
		if err := s.ready(ctx, m.conn); err != nil {
			return err
		}
		if left, err = m.makeRoles(ctx); err != nil {
			return err
		}
		return m.grant(ctx)
	})
	return left, s.failure(ctx, "make roles", err)
}

func (m *migrator) makeRoles(ctx context.Context) (left []string, err error) {
	var may bool
	if err := m.conn.QueryRow(ctx, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user").Scan(&may); err != nil {
		return nil, err
	}
	for _, r := range rolePurposes {
		is, err := m.isRole(ctx, r.role)
		if err != nil {
			return nil, err
		}
		statements := []string{
			"CREATE ROLE " + r.role + " NOLOGIN",
			"COMMENT ON ROLE " + r.role + " IS '" + r.purpose + "'",
		}
		switch {
		case is:
		case !may:
			left = append(left, statements...)
		default:
			_, err := m.conn.Exec(ctx, strings.Join(statements, ";"), pgx.QueryExecModeSimpleProtocol)
			// Another process may have made it meanwhile, for another database.
			if code := state(err); err != nil && code != duplicateObject && code != uniqueViolation {
				return nil, err
			}
		}
	}
	return left, nil
}

func (m *migrator) isRole(ctx context.Context, role string) (is bool, err error) {
	err = m.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role).Scan(&is)
	return is, err
}

// grant grants the existing roles their rights in this database. It is called after each
// migration.
func (m *migrator) grant(ctx context.Context) error {
	var schema, database string
	if err := m.conn.QueryRow(ctx, "SELECT quote_ident(current_schema()), quote_ident(current_database())").Scan(&schema, &database); err != nil {
		return err
	}
	relations, err := m.relations(ctx)
	if err != nil {
		return err
	}
	for _, r := range rolePurposes {
		is, err := m.isRole(ctx, r.role)
		if err != nil {
			return err
		}
		if !is {
			continue
		}
		read := relations
		if r.role == viewerRole {
			read = slices.DeleteFunc(slices.Clone(relations), func(name string) bool { return slices.Contains(private, name) })
		}
		// Temporary tables are for loading, and for functions in readers' queries.
		sql := fmt.Sprintf("GRANT CONNECT, TEMPORARY ON DATABASE %s TO %s; GRANT USAGE ON SCHEMA %s TO %[2]s; GRANT SELECT ON %[4]s TO %[2]s",
			database, r.role, schema, strings.Join(read, ", "))
		if r.role == editorRole {
			for _, relation := range relations {
				if relation != "tests" && relation != "kcidb_migrations" {
					sql += fmt.Sprintf("; GRANT INSERT, UPDATE, DELETE, TRUNCATE ON %s TO %s", relation, r.role)
				}
			}
		}
		if _, err := m.conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("granting: %w", err)
		}
	}
	return nil
}

// relations returns the names of our tables and views that exist.
func (m *migrator) relations(ctx context.Context) ([]string, error) {
	rows, err := m.conn.Query(ctx, "SELECT n FROM unnest($1::text[]) AS n WHERE to_regclass(n) IS NOT NULL",
		append(relations(), "kcidb_migrations"))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// relations returns the names of our tables and views, without the table of the schema's
// own number.
func relations() []string {
	names := slices.Concat([]string{"contents", "doomed", "receipts", "settings", "ledger", "logs", "tests", "rollups"}, rollup.Tables, verdicts.Tables, private)
	for i := range tables {
		names = append(names, tables[i].name)
	}
	return names
}
