// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/cmd/kcidb/internal/audit"
	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

type auditOptions struct {
	database  databaseOptions
	artifacts artifactOptions
	url       string
	head      string
	after     int64
	decisions bool
}

func newAuditCommand(p *program) *cobra.Command {
	o := auditOptions{database: databaseOptions{orServed: true}}
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Check that no submission was altered or removed",
		Long: `Check the ledger of a database: the log of all submissions and of decisions about
tokens and origins, changes of settings and purges, in which each row has a hash of its
values and of the row before. The command checks

  - the chain of the hashes: no row was altered, removed or inserted;
  - the receipts: each agrees with its row, and each has a row;
  - with --artifacts, the raw submissions: each that is kept has its digest.

It prints the head, the hash of the last row. Note the head elsewhere, for example in a
mail to yourself: a person who may write to the database can make a whole new chain,
but not one with an earlier head in it. --head checks that a head noted earlier is the
hash of a row.

--decisions prints the rows that are not about submissions: time, kind, subject, origins
of a token, and the token of the administrator who decided by a page.

With --url the rows come from a service, which anyone may ask, and no receipts are
checked.

Exit status: 0 all agrees; 1 something differs, and each difference was printed, or the
command failed.`,
		Example: `  kcidb audit -d sqlite:my.db --artifacts folder:kcidb-data/artifacts
  kcidb audit -d sqlite:my.db --head HASH
  kcidb audit -d sqlite:my.db --decisions
  kcidb audit --url https://kcidb.example.org --after 120000`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAudit(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.artifacts.addTo(p, cmd)
	cmd.Flags().StringVar(&o.url, "url", "", "`URL` of a service whose ledger is checked")
	cmd.Flags().StringVar(&o.head, "head", "", "check that a row has this `HASH`")
	cmd.Flags().Int64Var(&o.after, "after", 0, "begin behind the row with this `NUMBER`, which counts as right")
	cmd.Flags().BoolVar(&o.decisions, "decisions", false, "print the decisions, too")
	return cmd
}

func runAudit(ctx context.Context, p *program, o *auditOptions) error {
	options := audit.Options{Head: o.head, After: o.after}
	if o.decisions {
		options.Decision = func(e ledger.Entry) { fmt.Fprintln(p.stdout, describeDecision(&e)) }
	}
	check := func() error { return reportAudit(ctx, p, options) }
	if o.artifacts.spec != "" {
		inner := check
		check = func() error {
			return o.artifacts.withArtifacts(ctx, func(a *artifact.Store) error { options.Artifacts = a; return inner() })
		}
	}
	if o.url != "" {
		if o.database.spec != "" {
			return usagef("the ledger is that of a database or that of a service: use -d or --url")
		}
		options.Rows = served{o.url}.rows
		return check()
	}
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		db := sqldb.Of(s)
		if db == nil {
			return errors.New("this kind of database keeps no ledger")
		}
		options.Database, options.Rows = db, db.Ledger
		return check()
	})
}

// reportAudit runs an audit and prints its result.
func reportAudit(ctx context.Context, p *program, o audit.Options) error {
	progress := p.newProgress("rows checked", nil)
	o.Checked = progress.add
	o.Differs = func(text string) { fmt.Fprintln(p.stdout, text) }
	found, err := audit.Run(ctx, o)
	progress.done()
	switch {
	case err != nil:
		return err
	case found.Differences > 0:
		return fmt.Errorf("the ledger does not agree: %d differences in %d rows", found.Differences, found.Rows)
	}
	kept := ""
	if o.Artifacts != nil {
		kept = fmt.Sprintf("; %d raw submissions are kept and right, %d are not kept", found.Kept, found.Gone)
	}
	_, err = fmt.Fprintf(p.stdout, "The ledger agrees: %d rows%s.\nhead %d %s\n", found.Rows, kept, found.Head.Number, found.Head.Hash)
	return err
}

// describeDecision returns the line of a decision.
func describeDecision(e *ledger.Entry) string {
	line := fmt.Sprintf("%s  %s %s", e.At.UTC().Format(time.RFC3339), e.Kind, e.Subject)
	if e.Origin != "" {
		line += ", of " + e.Origin
	}
	if e.Token != "" {
		line += ", by the token " + e.Token
	}
	return line
}

// served is the ledger of a service at a URL.
type served struct{ url string }

// auditWait is how long a service may take to answer.
const auditWait = time.Minute

func (s served) rows(ctx context.Context, after int64, n int) ([]ledger.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, auditWait)
	defer cancel()
	from, err := url.JoinPath(s.url, "/api/ledger")
	if err != nil {
		return nil, usagef("--url: %v", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s?after=%d&limit=%d", from, after, n), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1000)) // for a person
		return nil, fmt.Errorf("%s: %s: %s", from, response.Status, strings.TrimSpace(string(text)))
	}
	var page struct {
		Rows []ledger.Entry `json:"rows"`
	}
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return page.Rows, nil
}
