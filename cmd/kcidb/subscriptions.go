// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/notify"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

func newSubscriptionsCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "subscriptions",
		Short: "Check and try subscriptions",
		Long: `Check and try subscriptions: YAML files in a folder that select the changes to
notify people of. docs/subscriber.md explains them.`,
		Example: `  kcidb subscriptions check
  kcidb subscriptions test my.yaml --since 7d`,
	}
	cmd.AddCommand(newSubscriptionsCheckCommand(p), newSubscriptionsTestCommand(p), newSubscriptionsFieldsCommand(p))
	return cmd
}

func newSubscriptionsCheckCommand(p *program) *cobra.Command {
	var folder folderOptions
	cmd := &cobra.Command{
		Use:   "check [FILE...]",
		Short: "Check subscriptions",
		Long: `Read the subscriptions in the folder, or in files, as the service does, and print
their problems with line and column. Good subscriptions are listed.

Exit status: 0 all are good; 1 some have problems; 2 wrong usage.`,
		Example: `  kcidb subscriptions check
  kcidb subscriptions check --subscriptions /etc/kcidb/subscriptions
  kcidb subscriptions check my.yaml`,
		RunE: func(_ *cobra.Command, args []string) error {
			return runSubscriptionsCheck(p, &folder, args)
		},
	}
	folder.addTo(cmd)
	return cmd
}

func runSubscriptionsCheck(p *program, o *folderOptions, files []string) error {
	var good []*subscription.Subscription
	var problems []subscription.Problem
	if len(files) == 0 {
		folder, err := subscription.Load(o.resolve(), notify.Options())
		if err != nil {
			return err
		}
		good, problems = folder.Subscriptions, folder.Problems
	}
	for _, file := range files {
		s, found, err := readSubscription(file)
		if err != nil {
			return err
		}
		if name := filepath.Base(file); !subscription.Reads(name) {
			found = append(found, subscription.Problem{File: name, Text: "the service reads only files that end in .yaml or .yml"})
		}
		if problems = append(problems, found...); len(found) == 0 {
			good = append(good, s)
		}
	}
	for _, s := range good {
		fmt.Fprintf(p.stdout, "%s: good: %s, on %s\n", s.File, s.Name, s.On)
	}
	for _, problem := range problems {
		fmt.Fprintln(p.stderr, problem.String())
	}
	if len(problems) > 0 {
		return problemsError(len(problems))
	}
	return nil
}

// readSubscription reads a single file, without the webhooks of its folder.
func readSubscription(file string) (*subscription.Subscription, []subscription.Problem, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	s, problems := subscription.Parse(filepath.Base(file), text, notify.Options())
	return s, problems, nil
}

type subscriptionsTestOptions struct {
	database databaseOptions
	mail     mailOptions
	since    string
	most     int
}

func newSubscriptionsTestCommand(p *program) *cobra.Command {
	o := subscriptionsTestOptions{since: "7d", most: 20}
	cmd := &cobra.Command{
		Use:   "test FILE",
		Short: "Show what a subscription would have sent",
		Long: `Replay the objects that arrived in a database to a subscription, and show the
notifications it would have sent, their recipients, and their number per day, with
the subscription's wait and budget. Nothing is sent or kept. Objects are seen as
they are now, not as they were then.`,
		Example: `  kcidb subscriptions test my.yaml
  kcidb subscriptions test my.yaml -d sqlite:my.db --since 30d`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSubscriptionsTest(cmd.Context(), p, &o, args[0])
		},
	}
	o.database.orServed = true
	o.database.addTo(p, cmd)
	o.mail.addTo(cmd)
	cmd.Flags().StringVar(&o.since, "since", o.since, "replay objects that arrived since this `TIME`, or in the past 12h or 7d")
	cmd.Flags().IntVar(&o.most, "show", o.most, "show at most `N` of the notifications")
	return cmd
}

func runSubscriptionsTest(ctx context.Context, p *program, o *subscriptionsTestOptions, file string) error {
	since, err := parseSince(o.since, time.Now())
	if err != nil {
		return err
	}
	s, problems, err := readSubscription(file)
	if err != nil {
		return err
	}
	for _, problem := range problems {
		fmt.Fprintln(p.stderr, problem.String())
	}
	if len(problems) > 0 {
		return problemsError(len(problems))
	}
	return o.database.withStore(ctx, func(st store.Store) error {
		maker, err := makerOf(p, st, &subscription.Folder{Subscriptions: []*subscription.Subscription{s}}, &o.mail)
		if err != nil {
			return err
		}
		progress := p.newProgress("", nil)
		all, err := maker.Replay(ctx, since, progress.update)
		progress.done()
		if err != nil {
			return err
		}
		return showReplay(ctx, p, maker, all, s, o.most)
	})
}

func showReplay(ctx context.Context, p *program, maker *notify.Maker, all []notify.Replayed, s *subscription.Subscription, most int) error {
	for i := range all {
		if i == most {
			fmt.Fprintf(p.stdout, "... and %d more\n", len(all)-most)
			break
		}
		subject, err := maker.Subject(ctx, &all[i])
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%s  %s\n    %s\n", all[i].At.UTC().Format("2006-01-02 15:04"), all[i].Object, subject)
	}
	if len(all) > 0 {
		fmt.Fprintln(p.stdout)
	}
	days := map[string]int{}
	for _, notification := range all {
		days[notification.At.UTC().Format(time.DateOnly)]++
	}
	out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(out, "DAY\tNOTIFICATIONS\tMAILS TO EACH\tIN THE DIGEST\n")
	for _, day := range slices.Sorted(maps.Keys(days)) {
		mails := days[day]
		if s.Budget > 0 {
			mails = min(mails, s.Budget)
		}
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\n", day, days[day], mails, days[day]-mails)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d notifications in total, to %s\n", len(all), cmp.Or(recipientsOf(all), "no recipients"))
	return nil
}

// recipientsOf lists the recipients of the notifications.
func recipientsOf(all []notify.Replayed) string {
	if len(all) == 0 {
		return ""
	}
	list := ""
	for _, r := range all[0].To {
		if list != "" {
			list += ", "
		}
		if r.Via == spool.Mail {
			list += r.Address
		} else {
			list += r.Via
		}
	}
	return list
}

func newSubscriptionsFieldsCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "fields [TYPE]",
		Short: "List the fields of objects in expressions",
		Long: `List the fields that objects have in the expressions of subscriptions, each with
its type.`,
		Example: `  kcidb subscriptions fields test`,
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var words []string
			for _, t := range object.Types() {
				words = append(words, string(t))
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return runSubscriptionsFields(p, args)
		},
	}
}

func runSubscriptionsFields(p *program, args []string) error {
	if len(args) > 0 && !object.Type(args[0]).Known() {
		return usagef("TYPE: there is no type %q of objects", args[0])
	}
	out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	last := ""
	for _, f := range subscription.Fields() {
		if len(args) > 0 && f.Of != celName(object.Type(args[0])) {
			continue
		}
		if f.Of != last {
			fmt.Fprintf(out, "\n%s\n", f.Of)
			last = f.Of
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\n", f.Name, f.Type, f.Doc)
	}
	return out.Flush()
}

// celName returns the name of a type in expressions: kcidb.IssueVersion.
func celName(t object.Type) string {
	name := "kcidb."
	for part := range strings.SplitSeq(string(t), "_") {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	return name
}

// parseSince reads a time, or a duration before now in the form of
// subscriptions.
func parseSince(text string, now time.Time) (time.Time, error) {
	var at timestamp
	if at.Set(text) == nil {
		return at.Time, nil
	}
	ago, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		ago = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || ago < 0 {
		return time.Time{}, usagef("--since: neither a time nor a duration such as 12h or 7d")
	}
	return now.Add(-ago), nil
}

func problemsError(n int) error {
	if n == 1 {
		return errors.New("1 problem")
	}
	return fmt.Errorf("%d problems", n)
}
