// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/web/pages/apply"
)

func newOriginCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "origin",
		Short: "Ask for a token for an origin, and decide about requests",
		Long: `Ask a service for a token for a new origin; and, as its administrator, list the
requests, and approve or refuse them.`,
		Example: `  kcidb origin request my_lab --contact me@example.org --url https://kcidb.example.org
  kcidb origin approve my_lab --config /etc/kcidb.yaml
  kcidb origin token CODE --url https://kcidb.example.org`,
	}
	cmd.AddCommand(newOriginRequestCommand(p), newOriginTokenCommand(p), newOriginListCommand(p), newOriginApproveCommand(), newOriginRefuseCommand(),
		newOriginContactCommand())
	return cmd
}

// originClient asks a service.
type originClient struct{ url string }

func (c *originClient) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.url, "url", "", "`URL` of the service (default that of $"+restEnv+")")
}

// ask posts parameters to a path of the service, and returns the member of the answer.
func (c *originClient) ask(ctx context.Context, path, member string, parameters url.Values) (string, error) {
	base, err := url.Parse(cmp.Or(c.url, os.Getenv(restEnv)))
	if err != nil || base.Host == "" {
		return "", usagef("no service is named: use --url URL")
	}
	base.User, base.Path, base.RawQuery = nil, path, ""
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base.String(), strings.NewReader(parameters.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return "", err
	}
	members := make(map[string]string)
	if answer.StatusCode == http.StatusNotFound && len(text) == 0 {
		return "", errors.New("the service takes no requests for tokens: ask its administrator for a token")
	}
	if err := json.Unmarshal(text, &members); err != nil || members[member] == "" {
		return "", fmt.Errorf("the service answers %s: %s", answer.Status, oneLine(cmp.Or(members["error"], members["message"])))
	}
	return members[member], nil
}

func newOriginRequestCommand(p *program) *cobra.Command {
	var c originClient
	var contact string
	cmd := &cobra.Command{
		Use:   "request NAME --contact MAIL",
		Short: "Ask for a token",
		Long: `Ask a service for a token for a new origin, and print the code that fetches the token
when an administrator has approved the request. The code is printed once.`,
		Example:           `  kcidb origin request my_lab --contact me@example.org --url https://kcidb.example.org`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			code, err := c.ask(cmd.Context(), "/origins/request", "code", url.Values{"name": args, "contact": {contact}})
			if err != nil {
				return err
			}
			fmt.Fprintln(p.stderr, "the request waits for the administrator; then \"kcidb origin token CODE\" fetches the token with this code:")
			_, err = fmt.Fprintln(p.stdout, code)
			return err
		},
	}
	c.addTo(cmd)
	cmd.Flags().StringVar(&contact, "contact", "", "`MAIL` address of the people who run the CI system")
	return cmd
}

func newOriginTokenCommand(p *program) *cobra.Command {
	var c originClient
	cmd := &cobra.Command{
		Use:   "token CODE",
		Short: "Fetch the token of an approved request",
		Long: `Print the token of a request that an administrator has approved. The service makes the
token now, and forgets the code: the token cannot be fetched again.`,
		Example:           `  kcidb origin token CODE --url https://kcidb.example.org`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			token, err := c.ask(cmd.Context(), "/origins/token", "token", url.Values{"code": args})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.stdout, token)
			return err
		},
	}
	c.addTo(cmd)
	return cmd
}

func newOriginListCommand(p *program) *cobra.Command {
	var o registryOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the origins that asked for a token",
		Long: `List the origins that asked for a token, those that wait for a decision first, one per
line: the name, the state, the contact, when the origin asked, when an administrator
decided, when the token expires, and "has results" if a new origin has the name of
an origin in the database, separated by tabs.`,
		Example: `  kcidb origin list --config /etc/kcidb.yaml`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withRegistry(cmd.Context(), func(db *registry.DB) error { return listOrigins(cmd.Context(), p, db) })
		},
	}
	o.addTo(cmd)
	return cmd
}

func listOrigins(ctx context.Context, p *program, db *registry.DB) error {
	all, err := db.Origins(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		remark := "-"
		if o.Present {
			remark = "has results"
		}
		_, err := fmt.Fprintf(p.stdout, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Name, o.State, oneLine(o.Contact), dayOf(o.Requested), dayOf(o.Decided), dayOf(o.Expires), remark)
		if err != nil {
			return err
		}
	}
	return nil
}

func newOriginApproveCommand() *cobra.Command {
	var o registryOptions
	days := apply.TokenDays
	cmd := &cobra.Command{
		Use:   "approve NAME",
		Short: "Approve the request of an origin",
		Long: `Approve the request of an origin for a token. The applicant fetches the token with the
code of the request. The token gets the role submit.`,
		Example:           `  kcidb origin approve my_lab --config /etc/kcidb.yaml --days 90`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			if days < 1 || days > maxTokenDays {
				return usagef("--days must be from 1 to %d", maxTokenDays)
			}
			expires := time.Now().Add(time.Duration(days) * 24 * time.Hour).Truncate(time.Second)
			return o.withRegistry(cmd.Context(), func(db *registry.DB) error { return db.Approve(cmd.Context(), "", args[0], expires) })
		},
	}
	o.addTo(cmd)
	cmd.Flags().IntVar(&days, "days", days, "the token expires `N` days from now")
	return cmd
}

func newOriginRefuseCommand() *cobra.Command {
	var o registryOptions
	cmd := &cobra.Command{
		Use:               "refuse NAME",
		Short:             "Refuse the request of an origin",
		Long:              `Refuse the request of an origin for a token. The origin may ask again.`,
		Example:           `  kcidb origin refuse my_lab --config /etc/kcidb.yaml`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withRegistry(cmd.Context(), func(db *registry.DB) error { return db.Refuse(cmd.Context(), "", args[0]) })
		},
	}
	o.addTo(cmd)
	return cmd
}
