// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

func newSpoolCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spool",
		Short: "Show notifications and their deliveries",
		Long: `Show the notifications in a database or in Firestore: those that wait to be sent, those that were
sent, and those that could not be sent.`,
		Example: `  kcidb spool list --state waiting
  kcidb spool show 17`,
	}
	cmd.AddCommand(newSpoolListCommand(p), newSpoolShowCommand(p), newSpoolResendCommand(p), newSpoolWipeCommand(p), newSpoolStopCommand(p))
	return cmd
}

type spoolListOptions struct {
	spool                          spoolOptions
	state, subscription, recipient string
	object                         string
	limit                          int
}

func newSpoolListCommand(p *program) *cobra.Command {
	var o spoolListOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List notifications, newest first",
		Long: `List notifications, newest first, one per line: the number, when it is or was due,
the state, the subscription, the object, and the subject once it is written.

A notification is waiting until it is due, ready while it is delivered, and done
afterwards. It is dropped if its reason no longer held when it was due. It is
aside if considering its object, or writing it, fails and would fail again. The
state failed lists notifications that a recipient did not get; the state held
lists notifications that a recipient will get in a digest.`,
		Example: `  kcidb spool list
  kcidb spool list --state failed
  kcidb spool list --recipient me@example.org --limit 10`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSpoolList(cmd.Context(), p, &o)
		},
	}
	o.spool.orServed = true
	o.spool.addTo(p, cmd)
	cmd.Flags().StringVar(&o.state, "state", "", "only notifications in this `STATE`: waiting, ready, done, dropped, aside, failed, held")
	mustComplete(cmd, "state", []string{spool.Waiting, spool.Ready, spool.Done, spool.Dropped, spool.SetAside, spool.Failed, spool.Held})
	cmd.Flags().StringVar(&o.subscription, "subscription", "", "only notifications of the subscription with this `NAME`")
	cmd.Flags().StringVar(&o.recipient, "recipient", "", "only notifications to this `ADDRESS`")
	cmd.Flags().StringVar(&o.object, "object", "", "only notifications about this `OBJECT`, such as 'test[ci:1]'")
	cmd.Flags().IntVar(&o.limit, "limit", 100, "list at most `N`")
	return cmd
}

func runSpoolList(ctx context.Context, p *program, o *spoolListOptions) error {
	filter := spool.Filter{State: o.state, Subscription: o.subscription, Recipient: o.recipient, Limit: o.limit}
	switch o.state {
	case "", spool.Waiting, spool.Ready, spool.Done, spool.Dropped, spool.SetAside, spool.Failed, spool.Held:
	default:
		return usagef("--state: there is no state %q; the states are waiting, ready, done, dropped, aside, failed and held", o.state)
	}
	if o.object != "" {
		ref, err := object.ParseRef(o.object)
		if err != nil {
			return usagef("--object: %v", err)
		}
		filter.Object = ref
	}
	return o.spool.withSpool(ctx, func(s spool.Spool) error {
		all, err := s.List(ctx, filter)
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, n := range all {
			fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\t%s\n", n.Number, n.Due.UTC().Format("2006-01-02 15:04:05"), n.State, n.Subscription, n.Object, n.Subject)
		}
		return out.Flush()
	})
}

func newSpoolShowCommand(p *program) *cobra.Command {
	var o spoolOptions
	cmd := &cobra.Command{
		Use:   "show NUMBER...",
		Short: "Show notifications in full",
		Long: `Show notifications: the reason for each, its delivery to each recipient, and its
text, once it is written.`,
		Example: `  kcidb spool show 17`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			numbers, err := numbersOf(args)
			if err != nil {
				return err
			}
			return o.withSpool(cmd.Context(), func(s spool.Spool) error {
				for i, number := range numbers {
					n, err := s.Get(cmd.Context(), number)
					if err != nil {
						return err
					}
					if i > 0 {
						fmt.Fprintln(p.stdout)
					}
					showNotification(p.stdout, &n)
				}
				return nil
			})
		},
	}
	o.orServed = true
	o.addTo(p, cmd)
	return cmd
}

// numbersOf reads the numbers of notifications.
func numbersOf(args []string) (numbers []int64, err error) {
	for _, text := range args {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, usagef("NUMBER: %q is not a number", text)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// showNotification writes a notification, and what became of it.
func showNotification(w io.Writer, n *spool.Notification) {
	fmt.Fprintf(w, "Notification %d: %s\n", n.Number, n.State)
	fmt.Fprintf(w, "Subscription: %s\nObject: %s\n", n.Subscription, n.Object)
	if n.Message != "" {
		fmt.Fprintf(w, "Message: %s\n", n.Message)
	}
	fmt.Fprintf(w, "First change: %s\nLast change: %s\nDue: %s\n", stamp(n.First), stamp(n.Changed), stamp(n.Due))
	if !n.Finished.IsZero() {
		fmt.Fprintf(w, "Finished: %s\n", stamp(n.Finished))
	}
	fmt.Fprintf(w, "Reason: %s\n", n.Reason)
	for _, d := range n.Deliveries {
		showDelivery(w, &d)
	}
	if n.Subject != "" {
		fmt.Fprintf(w, "\nSubject: %s\n\n%s", n.Subject, strings.TrimRight(n.Body, "\n")+"\n")
	}
}

func showDelivery(w io.Writer, d *spool.Delivery) {
	to := d.Via
	if d.Recipient != "" {
		to += " to " + d.Recipient
	}
	fmt.Fprintf(w, "Delivery by %s: %s", to, d.State)
	switch {
	case d.State == spool.Waiting && d.Error != "":
		fmt.Fprintf(w, ", tried %d times, next at %s", d.Attempts, stamp(d.Due))
	case d.State == spool.Waiting:
	default:
		fmt.Fprintf(w, " at %s", stamp(d.At))
	}
	if d.Error != "" {
		fmt.Fprintf(w, ": %s", d.Error)
	}
	fmt.Fprintln(w)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func newSpoolResendCommand(p *program) *cobra.Command {
	var o spoolOptions
	cmd := &cobra.Command{
		Use:   "resend NUMBER...",
		Short: "Send notifications again",
		Long: `Send notifications again: to the recipients who could not be reached, or to all
recipients if all were reached. A notification that was set aside is tried again:
its subscription considers the object as it is then. A running service with the
role notify sends them.`,
		Example: `  kcidb spool resend 17`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			numbers, err := numbersOf(args)
			if err != nil {
				return err
			}
			return o.withSpool(cmd.Context(), func(s spool.Spool) error {
				for _, number := range numbers {
					if err := s.Resend(cmd.Context(), number); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	o.addTo(p, cmd)
	return cmd
}

func newSpoolWipeCommand(p *program) *cobra.Command {
	var o spoolOptions
	cmd := &cobra.Command{
		Use:   "wipe [UNTIL]",
		Short: "Remove finished notifications",
		Long: `Remove the notifications that were finished before a time, in ISO 8601, or until
now. Waiting notifications stay. A removed notification is sent again if its
object changes and the subscription matches it.`,
		Example: `  kcidb spool wipe 2026-01-01`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			until := timestamp{time.Now()}
			if len(args) > 0 {
				if err := until.Set(args[0]); err != nil {
					return usagef("UNTIL: %v", err)
				}
			}
			return o.withSpool(cmd.Context(), func(s spool.Spool) error {
				n, err := s.Wipe(cmd.Context(), until.Time)
				if err == nil {
					p.level.logger(p.stderr).Info("notifications forgotten", "notifications", n)
				}
				return err
			})
		},
	}
	o.addTo(p, cmd)
	return cmd
}

func newSpoolStopCommand(p *program) *cobra.Command {
	var o databaseOptions
	cmd := &cobra.Command{
		Use:   "stop",
		Short: "Stop noting changes",
		Long: `Stop noting changes when reports are loaded, and remove the changes that were not
considered yet: for a database whose service will not notify people again. Until
then the changes are kept for the service. A service with the role notify has them
noted from its start.`,
		Example: `  kcidb spool stop -d sqlite:my.db`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withDatabase(cmd.Context(), func(s store.Sink) error {
				changes, ok := sqlspool.Of(s)
				if !ok {
					return errors.New("this kind of database notes no changes")
				}
				return changes.Unwatch(cmd.Context())
			})
		},
	}
	o.addTo(p, cmd)
	return cmd
}
