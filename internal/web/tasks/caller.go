// SPDX-License-Identifier: Apache-2.0

package tasks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// keysTime bounds how long fetching Google's public keys takes.
const keysTime = 10 * time.Second

// Caller checks the tokens of callers against the public keys that Google publishes.
type Caller struct {
	audience  string
	accounts  []string
	validator *idtoken.Validator
}

// NewCaller returns the check for an audience and the addresses of accounts. The public
// keys are fetched by transport when the first call comes, and kept as long as Google
// says.
func NewCaller(audience string, accounts []string, transport http.RoundTripper) (*Caller, error) {
	client := &http.Client{Transport: onlyOK{transport}, Timeout: keysTime}
	validator, err := idtoken.NewValidator(context.Background(), option.WithHTTPClient(client))
	if err != nil {
		return nil, err
	}
	return &Caller{audience, accounts, validator}, nil
}

// issuers are the names under which Google signs tokens of service accounts.
var issuers = []string{"https://accounts.google.com", "accounts.google.com"}

// removedSignature is in place of the signature of a token that Cloud Run checked, because
// the Cloud Run service does not allow unauthenticated calls.
const removedSignature = ".SIGNATURE_REMOVED_BY_GOOGLE"

// check returns the account that sent a request, or why the request is refused.
func (c *Caller) check(r *http.Request) (account string, _ *refusal) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", &refusal{status: http.StatusUnauthorized, why: "A token of a Google service account is needed: Authorization: Bearer TOKEN"}
	}
	if strings.HasSuffix(token, removedSignature) {
		return "", &refusal{status: http.StatusUnauthorized, why: "Cloud Run checked the token and removed its signature, so that the service cannot check it: " +
			"allow unauthenticated calls of the Cloud Run service, because the service itself refuses them"}
	}
	payload, err := c.validator.Validate(r.Context(), token, c.audience)
	switch network := (*url.Error)(nil); {
	case errors.As(err, &network):
		return "", &refusal{http.StatusServiceUnavailable, "Google's public keys cannot be fetched", err}
	case err != nil:
		return "", &refusal{http.StatusUnauthorized, "The token is not valid: it must be signed by Google, not expired, and have the audience in tasks_audience", err}
	case !slices.Contains(issuers, payload.Issuer):
		return "", &refusal{http.StatusUnauthorized, "The token is not valid: it must be of a Google account", fmt.Errorf("issuer %q", payload.Issuer)}
	}
	account, _ = payload.Claims["email"].(string)
	verified, _ := payload.Claims["email_verified"].(bool)
	if !verified || !slices.Contains(c.accounts, account) {
		return "", &refusal{http.StatusForbidden, "The account of the token is not among tasks_accounts", fmt.Errorf("account %q", account)}
	}
	return account, nil
}

// refusal is why a caller is refused.
type refusal struct {
	status int
	why    string // for the caller
	err    error  // for the log; may be nil
}

func (r *refusal) Error() string {
	if r.err != nil {
		return r.why + ": " + r.err.Error()
	}
	return r.why
}

// answer answers a request with the refusal.
func (r *refusal) answer(w http.ResponseWriter) {
	switch r.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "10")
	}
	front.Refuse(w, r.status, r.why)
}

// onlyOK is a transport that returns an error for any status but 200, so that the failure
// is told from a bad token.
type onlyOK struct{ http.RoundTripper }

func (t onlyOK) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.RoundTripper.RoundTrip(r)
	if err == nil && answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, errors.New(answer.Status)
	}
	return answer, err
}
