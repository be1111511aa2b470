// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/notify"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/public"
)

// The values of the key read.
const (
	readOpen  = "open"
	readToken = "token"
)

// checkPublic returns an error if the keys of the public database are not valid.
func (c *Config) checkPublic() error {
	private, err := public.Parse(c.PrivateOrigins)
	switch {
	case c.Read != readOpen && c.Read != readToken:
		return fmt.Errorf("read: %q is neither open nor token", c.Read)
	case err != nil:
		return fmt.Errorf("private_origins: %w", err)
	case len(private) == 0 && c.PublicDatabase == "":
		return nil
	case len(private) == 0:
		return errors.New("public_database needs private_origins: the origins that it leaves out")
	case c.PublicDatabase == "" && c.Database != "":
		return errors.New("private_origins needs public_database: a second database, for readers who may not see results of these origins")
	case c.PublicDatabase != "" && c.PublicDatabase == c.Database:
		return errors.New("public_database must be another database than database")
	case c.TasksAudience != "":
		return errors.New("private_origins needs processes that run all the time: remove tasks_audience")
	case c.Spool != "" || c.Loaded != "":
		return errors.New("private_origins needs spools in the databases: remove spool and loaded")
	}
	return nil
}

// checkReading returns an error if readers would need a token that a service without
// authentication cannot check.
func (c *Config) checkReading(checker *auth.Checker) error {
	if c.PrivateOrigins != "" && !checker.Enabled() {
		return errors.New("private_origins needs tokens of readers: set jwt_secret or signing_key")
	}
	if c.Read == readToken && !checker.Enabled() {
		return errors.New("read: token needs tokens of readers: set jwt_secret or signing_key")
	}
	return nil
}

// openPublic opens the public database, for the whole one. Without private origins it returns
// nil, and records that from now on no public database gets what is loaded.
func (s *Service) openPublic(ctx context.Context, whole store.Store) (_ *ingest.Public, err error) {
	private, err := public.Parse(s.cfg.PrivateOrigins)
	if err != nil {
		return nil, err
	}
	if len(private) == 0 {
		if s.roles.load {
			err = public.Forget(ctx, whole)
		}
		return nil, err
	}
	st, err := s.openDatabase(ctx, "public_database", s.cfg.PublicDatabaseSpec(), s.cfg.PublicDatabase == "")
	if err != nil {
		return nil, fmt.Errorf("public_database: %w", err)
	}
	if err := public.Check(ctx, whole, st, private); err != nil {
		st.Close()
		if errors.Is(err, public.ErrOther) {
			err = fmt.Errorf("private_origins: %w: stop all processes of the service, run %q, and start it again", err, s.cfg.PublishCommand())
		}
		return nil, err
	}
	return &ingest.Public{Store: st, Private: private}, nil
}

// PublicDatabaseSpec returns the specification of the public database.
func (c *Config) PublicDatabaseSpec() string {
	if c.PublicDatabase == "" {
		return "sqlite:" + c.publicFile()
	}
	return string(c.PublicDatabase)
}

// PublishCommand returns the command that makes the public database. It names keys in place
// of specifications that may have passwords.
func (c *Config) PublishCommand() string {
	private, _ := public.Parse(c.PrivateOrigins) // check has checked it
	from, to := c.DatabaseSpec(), c.PublicDatabaseSpec()
	if c.Database != "" {
		from = "DATABASE"
	}
	if c.PublicDatabase != "" {
		to = "PUBLIC_DATABASE"
	}
	return fmt.Sprintf("kcidb db publish -d %s --to %s --private %s", from, to, private)
}

// privateSpool is the prefix of the IDs of notifications about private results.
const privateSpool = "private-"

// realm is a database with the people who learn from it.
type realm struct {
	name     string // of its parts in /ready: "" or "public "
	store    store.Store
	spool    spool.Spool // may be nil
	notify   notify.Audience
	prefix   string                // of the IDs of notifications
	registry prometheus.Registerer // for metrics that each database has
}

// realms returns the realm of the database, or those of the public database and of the
// whole one.
func (p *parts) realms() []realm {
	if p.public == nil {
		return []realm{{"", p.store, p.spool, notify.Everyone, "", p.registry}}
	}
	labelled := func(database string) prometheus.Registerer {
		return prometheus.WrapRegistererWith(prometheus.Labels{"database": database}, p.registry)
	}
	public, _ := sqlspool.Of(p.public.Store)
	return []realm{
		{"public ", p.public.Store, public, notify.Outsiders, "", labelled("public")},
		{"", p.store, p.spool, notify.Insiders, privateSpool, labelled("whole")},
	}
}
