// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
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

// whyDays is the number of days for which the counts of subscriptions are
// shown.
const whyDays = 7

type whyOptions struct {
	spool  spoolOptions
	folder folderOptions
	object string
	limit  int
}

func newWhyCommand(p *program) *cobra.Command {
	var o whyOptions
	cmd := &cobra.Command{
		Use:   "why RECIPIENT|NOTIFICATION",
		Short: "Explain why a notification was or was not sent",
		Long: `Explain why a notification was sent and to whom, or list the recent notifications
to a recipient and the subscriptions that sent them.

A notification is named by its number, or by the X-KCIDB-Notification-ID of its
mail; a recipient is named by their address. With --object, the subscriptions that
send to the recipient consider an object as it is now, and the command prints
which of their conditions match and which do not: the reason why the recipient was
or was not notified.`,
		Example: `  kcidb why me@example.org
  kcidb why 17
  kcidb why 'stable-rc revision[8c2fb4b5a3,""]'
  kcidb why me@example.org --object 'test[ci:1]'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runWhy(cmd.Context(), p, &o, args[0])
		},
	}
	o.spool.orServed = true
	o.spool.addTo(p, cmd)
	o.folder.addTo(cmd)
	cmd.Flags().StringVar(&o.object, "object", "", "explain why the recipient was or was not notified of this `OBJECT`, such as 'test[ci:1]'")
	cmd.Flags().IntVar(&o.limit, "limit", 20, "list at most `N` notifications")
	return cmd
}

func runWhy(ctx context.Context, p *program, o *whyOptions, who string) error {
	var ref object.Ref
	if o.object != "" {
		var err error
		if ref, err = object.ParseRef(o.object); err != nil {
			return usagef("--object: %v", err)
		}
	}
	number, err := strconv.ParseInt(who, 10, 64)
	isNumber := err == nil
	switch {
	case isNumber || strings.Contains(who, " "):
	case !strings.Contains(who, "@"):
		return usagef("%q is neither an address, nor a notification's number or ID", who)
	case o.object != "":
		return whyObject(ctx, p, o, who, ref)
	}
	return o.spool.withSpool(ctx, func(s spool.Spool) error {
		switch {
		case isNumber:
			n, err := s.Get(ctx, number)
			if err != nil {
				return err
			}
			n.Subject, n.Body = "", ""
			showNotification(p.stdout, &n)
			return nil
		case strings.Contains(who, " "):
			return whyNotification(ctx, p, s, who)
		}
		folder, err := o.folder.load(p)
		if err != nil {
			return err
		}
		return whyRecipient(ctx, p, s, folder, who, o.limit)
	})
}

// whyNotification explains the notifications with the ID from a mail.
func whyNotification(ctx context.Context, p *program, s spool.Spool, id string) error {
	if unquoted, err := strconv.Unquote(id); err == nil {
		id = unquoted // mails encode IDs that are not ASCII
	}
	name, text, _ := strings.Cut(id, " ")
	ref, err := object.ParseRef(text)
	if err != nil {
		return usagef("NOTIFICATION: %v", err)
	}
	all, err := s.List(ctx, spool.Filter{Subscription: name, Object: ref})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("the subscription %q has no notification about %s", name, ref)
	}
	for i := range all {
		all[i].Subject, all[i].Body = "", ""
		showNotification(p.stdout, &all[i])
	}
	return nil
}

// sendsTo returns the subscriptions that send to an address.
func sendsTo(folder *subscription.Folder, address string) []*subscription.Subscription {
	var found []*subscription.Subscription
	for _, s := range folder.Subscriptions {
		if slices.ContainsFunc(notify.Addresses(s), func(a string) bool { return strings.EqualFold(a, address) }) {
			found = append(found, s)
		}
	}
	return found
}

// whyRecipient lists the recent notifications to an address, and the
// subscriptions that send to it.
func whyRecipient(ctx context.Context, p *program, s spool.Spool, folder *subscription.Folder, address string, limit int) error {
	counters, err := s.Counters(ctx, time.Now().UTC().AddDate(0, 0, 1-whyDays).Format(time.DateOnly))
	if err != nil {
		return err
	}
	subscriptions := sendsTo(folder, address)
	if len(subscriptions) == 0 {
		fmt.Fprintf(p.stdout, "No subscription sends to %s now.\n", address)
	}
	for _, s := range subscriptions {
		var sum spool.Considered
		for _, c := range counters {
			if c.Subscription == s.Name {
				sum.Objects += c.Objects
				sum.Matched += c.Matched
				sum.Errors += c.Errors
				if c.LastError != "" {
					sum.LastError = c.LastError
				}
			}
		}
		fmt.Fprintf(p.stdout, "Subscription %s (%s), on %s: considered %d objects in %d days, %d matched.\n",
			s.Name, s.File, s.On, sum.Objects, whyDays, sum.Matched)
		if sum.Errors > 0 {
			fmt.Fprintf(p.stdout, "  Its rule failed for %d of them, the last time for %s\n", sum.Errors, sum.LastError)
		}
	}
	all, err := s.List(ctx, spool.Filter{Recipient: address, Limit: limit})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintf(p.stdout, "Nothing was sent to them.\n")
		return nil
	}
	fmt.Fprintf(p.stdout, "\nThe last notifications to them:\n")
	for i := range all {
		n := &all[i]
		fmt.Fprintf(p.stdout, "%d: %s of %s: %s\n  because %s\n", n.Number, n.Subscription, n.Object, n.Subject, n.Reason)
		for _, d := range n.Deliveries {
			if strings.EqualFold(d.Recipient, address) {
				fmt.Fprint(p.stdout, "  ")
				showDelivery(p.stdout, &d)
			}
		}
	}
	return nil
}

// whyObject prints which conditions of the subscriptions that send to an address
// match an object.
func whyObject(ctx context.Context, p *program, o *whyOptions, address string, ref object.Ref) error {
	folder, err := o.folder.load(p)
	if err != nil {
		return err
	}
	subscriptions := sendsTo(folder, address)
	if len(subscriptions) == 0 {
		return fmt.Errorf("no subscription sends to %s", address)
	}
	return o.spool.withDatabase(ctx, func(st store.Sink) error {
		objects, err := storeOf(st)
		if err != nil {
			return err
		}
		return explainObject(ctx, p, objects, folder, subscriptions, ref)
	})
}

// explainObject prints which conditions of subscriptions match an object.
func explainObject(ctx context.Context, p *program, objects store.Store, folder *subscription.Folder, subscriptions []*subscription.Subscription, ref object.Ref) error {
	maker, err := makerOf(p, objects, folder, &mailOptions{from: "kcidb@localhost"})
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, s := range subscriptions {
		if s.On != ref.Type {
			fmt.Fprintf(out, "%s (%s): it applies to %s objects, and this is a %s\n", s.Name, s.File, s.On, ref.Type)
			continue
		}
		clauses, err := maker.Explain(ctx, s, ref)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s (%s):\n", s.Name, s.File)
		for _, c := range clauses {
			answer, found := "no", c.Found
			switch {
			case c.Err != nil:
				answer, found = "fails", c.Err.Error()
			case c.Held:
				answer = "yes"
			}
			fmt.Fprintf(out, "  %s\t%s\t%s\n", answer, c.Text, found)
		}
	}
	return out.Flush()
}
