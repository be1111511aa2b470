// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/mail"
	"github.com/kcidb-go/kcidb/internal/notify"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/subscription"
)

const (
	subscriptionsEnv = "KCIDB_SUBSCRIPTIONS"
	// servedSubscriptions is where "kcidb serve" without options looks for them.
	servedSubscriptions = "kcidb-data/subscriptions"
)

// folderOptions say which subscriptions a command goes by.
type folderOptions struct{ dir string }

func (o *folderOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.dir, "subscriptions", "",
		"`DIR` of the subscriptions (default $"+subscriptionsEnv+", else ./"+servedSubscriptions+")")
}

func (o *folderOptions) resolve() string {
	return cmp.Or(o.dir, os.Getenv(subscriptionsEnv), servedSubscriptions)
}

// load reads the subscriptions. What is wrong with some of them is logged.
func (o *folderOptions) load(log *slog.Logger) (*subscription.Folder, error) {
	folder, err := subscription.Load(o.resolve(), notify.Options())
	if err != nil {
		return nil, err
	}
	for _, problem := range folder.Problems {
		log.Error("a subscription is not as it should be", "problem", problem.String())
	}
	return folder, nil
}

// mailOptions say how the mails of a command look.
type mailOptions struct{ from, base string }

func (o *mailOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.from, "from", "kcidb@localhost", "`ADDRESS` the mails are from")
	cmd.Flags().StringVar(&o.base, "base", "", "`URL` of the service whose pages the mails link to")
}

// makerOf returns what makes the mails of the subscriptions from a database.
func makerOf(p *program, objects store.Objects, folder *subscription.Folder, o *mailOptions) (*notify.Maker, error) {
	from, err := mail.ParseAddress(o.from)
	if err != nil {
		return nil, usagef("--from: %v", err)
	}
	log := p.level.logger(p.stderr)
	return &notify.Maker{
		Objects: objects, Folder: folder, Envelope: notify.Envelope{From: from}, Base: o.base, Now: time.Now,
		Trouble: func(name, how string) { log.Error("a subscription fails", "subscription", name, "error", how) },
	}, nil
}

// writeMails writes mails, with lines as files here have them, each followed by NUL.
func writeMails(p *program, mails iter.Seq2[[]byte, error]) error {
	for text, err := range mails {
		if err != nil {
			return err
		}
		if _, err := p.stdout.Write(append(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), 0)); err != nil {
			return err
		}
	}
	return nil
}

type notifyOptions struct {
	database databaseOptions
	folder   folderOptions
	mail     mailOptions
}

func newNotifyCommand(p *program) *cobra.Command {
	var o notifyOptions
	cmd := &cobra.Command{
		Use:   "notify PATTERN...",
		Short: "Write the e-mails that subscriptions have for objects",
		Long: `Write the e-mails that the subscriptions call for, of the objects that the
patterns name, as if they were new, each followed by a NUL character. Nothing is
sent, and waits and budgets are not heeded.

Without -d the objects are those of the reports on standard input.`,
		Example: `  kcidb notify '>revision#' < reports.json
  kcidb notify -d sqlite:my.db --subscriptions ./subscriptions '>test[ci:1]<*#'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runNotify(cmd.Context(), p, &o, args)
		},
	}
	o.database.otherwise = "json"
	o.database.addTo(p, cmd)
	o.folder.addTo(cmd)
	o.mail.addTo(cmd)
	addPatternHelp(p, cmd)
	return cmd
}

func runNotify(ctx context.Context, p *program, o *notifyOptions, args []string) error {
	patterns, err := parsePatterns(p, args)
	if err != nil {
		return err
	}
	folder, err := o.folder.load(p.level.logger(p.stderr))
	if err != nil {
		return err
	}
	return o.database.withObjects(ctx, func(s store.Objects) error {
		maker, err := makerOf(p, s, folder, &o.mail)
		if err != nil {
			return err
		}
		for set, err := range s.Match(ctx, patterns, store.MatchOptions{}) {
			if err != nil {
				return fmt.Errorf("patterns: %w", err)
			}
			refs := slices.Collect(set.Refs())
			if err := writeMails(p, maker.Of(ctx, refs)); err != nil {
				return err
			}
		}
		return nil
	})
}
