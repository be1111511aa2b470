// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/notify"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/store"
)

const (
	subscriptionsEnv = "KCIDB_SUBSCRIPTIONS"
	// servedSubscriptions is the default folder of "kcidb serve".
	servedSubscriptions = "kcidb-data/subscriptions"
)

// folderOptions select the subscriptions of a command.
type folderOptions struct{ dir string }

func (o *folderOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.dir, "subscriptions", "",
		"`DIR` of the subscriptions (default $"+subscriptionsEnv+", otherwise ./"+servedSubscriptions+")")
}

func (o *folderOptions) resolve() string {
	return cmp.Or(o.dir, os.Getenv(subscriptionsEnv), servedSubscriptions)
}

// load reads the subscriptions, and writes the problems of their files to standard
// error at any log level.
func (o *folderOptions) load(p *program) (*subscription.Folder, error) {
	folder, err := subscription.Load(o.resolve(), notify.Options())
	if err != nil {
		return nil, err
	}
	for _, problem := range folder.Problems {
		fmt.Fprintln(p.stderr, problem.String())
	}
	return folder, nil
}

// loadGood reads the subscriptions for a command that writes their mails. A file
// with a problem is an error, because its mails would be missing. The folder is nil
// if no option or variable names it and it does not exist: without objects the
// command does not need it.
func (o *folderOptions) loadGood(p *program) (*subscription.Folder, error) {
	folder, err := o.load(p)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.resolve() == servedSubscriptions:
		return nil, nil
	case err != nil:
		return nil, err
	case len(folder.Problems) > 0:
		return nil, fmt.Errorf("subscriptions: %w", problemsError(len(folder.Problems)))
	}
	return folder, nil
}

// errNoFolder is returned for the first object if loadGood returned no folder.
var errNoFolder = errors.New("there is no folder ./" + servedSubscriptions +
	": name a folder of subscriptions with --subscriptions or $" + subscriptionsEnv)

// mailOptions determine the sender and the links of mails.
type mailOptions struct{ from, base string }

func (o *mailOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.from, "from", "kcidb@localhost", "sender `ADDRESS` of the mails")
	cmd.Flags().StringVar(&o.base, "base", "", "`URL` of the service whose pages the mails link to")
}

// makerOf returns the maker of the subscriptions' mails from a database.
func makerOf(p *program, objects store.Store, folder *subscription.Folder, o *mailOptions) (*notify.Maker, error) {
	from, err := mail.ParseAddress(o.from)
	if err != nil {
		return nil, usagef("--from: %v", err)
	}
	return &notify.Maker{
		Objects: objects, Folder: folder, Envelope: notify.Envelope{From: from}, Base: o.base, Now: time.Now,
		OnFailure: func(name, how string) { fmt.Fprintf(p.stderr, "subscription %s: %s\n", name, how) },
	}, nil
}

// writeMails writes mails with the line ends of files, each followed by NUL.
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
		Long: `Write the e-mails that the subscriptions have for the objects that the patterns
name, as if the objects were new, each followed by a NUL character. Nothing is
sent, and waits and budgets are ignored.

Without -d the objects are those in the reports on standard input. If a
subscription has a problem, the problem is printed and no mail is written.`,
		Example: `  kcidb notify '>revision#' < reports.json
  kcidb notify -d sqlite:my.db --subscriptions ./subscriptions '>test[ci:1]<*#'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runNotify(cmd.Context(), p, &o, args)
		},
	}
	o.database.fallback = "json"
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
	folder, err := o.folder.loadGood(p)
	if err != nil {
		return err
	}
	return o.database.withStore(ctx, func(s store.Store) error {
		maker, err := makerOf(p, s, folder, &o.mail)
		if err != nil {
			return err
		}
		for set, err := range s.Match(ctx, patterns, store.MatchOptions{}) {
			if err != nil {
				return fmt.Errorf("patterns: %w", err)
			}
			if folder == nil {
				return errNoFolder
			}
			refs := slices.Collect(set.Refs())
			if err := writeMails(p, maker.Mails(ctx, refs)); err != nil {
				return err
			}
		}
		return nil
	})
}
