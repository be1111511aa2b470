// SPDX-License-Identifier: Apache-2.0

package google

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"cloud.google.com/go/auth"
	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/errkind"
)

// What an error of a service means to its caller. Explain adds what to do.
var (
	// ErrCredentials: there are no credentials, or they are not valid.
	ErrCredentials = errkind.New(errkind.Broken, "no valid credentials for Google Cloud")
	// ErrForbidden: the account lacks a permission.
	ErrForbidden = errkind.New(errkind.Broken, "the Google Cloud account may not do this")
	// ErrProject: the project does not exist, or does not use the service.
	ErrProject = errkind.New(errkind.Broken, "the Google Cloud project cannot be used")
	// ErrNotFound: the object of the call does not exist, or the account may not see it.
	ErrNotFound = errkind.New(errkind.Gone, "not found in Google Cloud")
	// ErrExists: the object to be made exists.
	ErrExists = errkind.New(errkind.Wrong, "exists in Google Cloud already")
	// ErrQuota: the project has used up its quota for now.
	ErrQuota = errkind.New(errkind.Busy, "Google Cloud's quota is used up")
	// ErrUnavailable: the service does not answer, or failed; trying again may help.
	ErrUnavailable = errkind.New(errkind.Busy, "Google Cloud is not available")
	// ErrConflict: another process changed the same at the same time, or a condition of
	// the call does not hold.
	ErrConflict = errkind.New(errkind.Busy, "another process changed it in Google Cloud meanwhile")
	// ErrInvalid: the service refuses the call as it is, and always will.
	ErrInvalid = errkind.New(errkind.Wrong, "Google Cloud refuses the request")
)

// Explain returns an error that wraps err and one of the errors of this package, and says
// what to do. It returns err itself if it is not an error of a service, or if ctx ended.
func Explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if means, advice := meaning(err); means != nil {
		if advice != "" {
			advice = ": " + advice
		}
		return &explained{means, err, means.Error() + advice}
	}
	return err
}

// explained is an error of a service with what it means.
type explained struct {
	means, err error
	text       string
}

func (e *explained) Error() string   { return e.text + ": " + e.err.Error() }
func (e *explained) Unwrap() []error { return []error{e.means, e.err} }

const login = "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run gcloud auth application-default login"

// meaning returns what an error of a service means, and what to do about it. It returns nil
// if it is another error.
func meaning(err error) (means error, advice string) {
	if already, ok := errors.AsType[*explained](err); ok {
		return already.means, strings.TrimPrefix(already.text, already.means.Error()+": ")
	}
	// The library has no type for this error.
	if strings.Contains(err.Error(), "could not find default credentials") {
		return ErrCredentials, login
	}
	if token, ok := errors.AsType[*auth.Error](err); ok {
		if token.Response != nil && token.Response.StatusCode >= http.StatusInternalServerError {
			return ErrUnavailable, "the server of tokens failed"
		}
		return ErrCredentials, "the credentials were refused: " + login
	}
	c, ok := read(err)
	if !ok {
		if _, ok := errors.AsType[net.Error](err); ok {
			return ErrUnavailable, ""
		}
		return nil, ""
	}
	return c.meaning()
}

// call is an error that a service returned.
type call struct {
	code     codes.Code
	reason   string // such as IAM_PERMISSION_DENIED or rateLimitExceeded
	message  string
	metadata map[string]string
}

// read reads the error of a service, of both protocols.
func read(err error) (c call, ok bool) {
	if plain, ok := errors.AsType[*googleapi.Error](err); ok {
		c = call{code: codeOf(plain.Code), message: plain.Message}
		for _, item := range plain.Errors {
			c.reason = cmp.Or(c.reason, item.Reason)
		}
	} else if s, ok := status.FromError(err); ok {
		c = call{code: s.Code(), message: s.Message()}
	} else {
		return c, false
	}
	if details, ok := apierror.FromError(err); ok {
		c.reason = cmp.Or(details.Reason(), c.reason)
		c.metadata = details.Metadata()
	}
	return c, c.code != codes.OK
}

// codeOf returns the gRPC code of an HTTP status.
func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusConflict:
		return codes.AlreadyExists
	case http.StatusPreconditionFailed:
		return codes.FailedPrecondition
	case http.StatusTooManyRequests:
		return codes.ResourceExhausted
	}
	if httpStatus >= http.StatusInternalServerError {
		return codes.Unavailable
	}
	return codes.Unknown
}

func (c *call) meaning() (means error, advice string) {
	switch c.code {
	case codes.Unauthenticated:
		return ErrCredentials, "the credentials were refused: " + login
	case codes.PermissionDenied:
		return c.denied()
	case codes.NotFound:
		// A message about another object may have its full name, which begins with projects/.
		message := strings.ReplaceAll(strings.ToLower(c.message), "projects/", "")
		if strings.Contains(message, "project") && c.reason != "notFound" {
			return ErrProject, "check the name of the project"
		}
		return ErrNotFound, ""
	case codes.AlreadyExists:
		return ErrExists, ""
	case codes.ResourceExhausted:
		return ErrQuota, "try again later, or ask for more at https://console.cloud.google.com/iam-admin/quotas"
	case codes.Unavailable, codes.Internal, codes.DeadlineExceeded:
		return ErrUnavailable, ""
	case codes.Aborted, codes.FailedPrecondition:
		return ErrConflict, ""
	case codes.InvalidArgument, codes.OutOfRange, codes.Unimplemented:
		return ErrInvalid, ""
	}
	return nil, ""
}

// denied returns what the status "permission denied" means. Services use it for quotas
// and projects as well.
func (c *call) denied() (means error, advice string) {
	switch c.reason {
	case "rateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED", "userRateLimitExceeded":
		return ErrQuota, "try again later, or ask for more at https://console.cloud.google.com/iam-admin/quotas"
	case "SERVICE_DISABLED", "accessNotConfigured":
		return ErrProject, "the project does not use the service: gcloud services enable " + cmp.Or(c.metadata["service"], "SERVICE")
	case "CONSUMER_INVALID", "BILLING_DISABLED", "billingNotEnabled":
		return ErrProject, "check the name of the project, and that it has a billing account"
	}
	permission := cmp.Or(c.metadata["permission"], named(c.message))
	if permission == "" {
		return ErrForbidden, "docs/google-cloud.md lists the roles of each account"
	}
	if role := roles[permission]; role != "" {
		return ErrForbidden, fmt.Sprintf("it lacks the permission %s, which %s grants", permission, role)
	}
	return ErrForbidden, "it lacks the permission " + permission
}

// named returns the permission that a message names, such as "Permission
// bigquery.jobs.create denied on ..." or "Permission 'x.y.z' denied on ...".
func named(message string) string {
	_, rest, _ := strings.Cut(message, "ermission ")
	word, _, _ := strings.Cut(rest, " ")
	word = strings.Trim(word, "'\"`,:")
	if strings.Count(word, ".") == 2 {
		return word
	}
	return ""
}

// roles are the least roles that grant the permissions this program needs.
var roles = map[string]string{
	"pubsub.topics.publish":                 "roles/pubsub.publisher",
	"pubsub.topics.get":                     "roles/pubsub.viewer",
	"pubsub.topics.create":                  "roles/pubsub.editor",
	"pubsub.topics.delete":                  "roles/pubsub.editor",
	"pubsub.topics.attachSubscription":      "roles/pubsub.editor",
	"pubsub.subscriptions.consume":          "roles/pubsub.subscriber",
	"pubsub.subscriptions.get":              "roles/pubsub.viewer",
	"pubsub.subscriptions.create":           "roles/pubsub.editor",
	"pubsub.subscriptions.delete":           "roles/pubsub.editor",
	"bigquery.jobs.create":                  "roles/bigquery.jobUser",
	"bigquery.tables.getData":               "roles/bigquery.dataViewer",
	"bigquery.tables.get":                   "roles/bigquery.dataViewer",
	"bigquery.tables.updateData":            "roles/bigquery.dataEditor",
	"bigquery.tables.create":                "roles/bigquery.dataEditor",
	"bigquery.datasets.get":                 "roles/bigquery.dataViewer",
	"bigquery.datasets.create":              "roles/bigquery.dataOwner",
	"datastore.entities.get":                "roles/datastore.user",
	"datastore.entities.list":               "roles/datastore.user",
	"datastore.entities.create":             "roles/datastore.user",
	"datastore.entities.update":             "roles/datastore.user",
	"secretmanager.versions.access":         "roles/secretmanager.secretAccessor",
	"iam.serviceAccounts.create":            "roles/iam.serviceAccountAdmin",
	"iam.serviceAccounts.get":               "roles/iam.serviceAccountAdmin",
	"iam.serviceAccounts.list":              "roles/iam.serviceAccountAdmin",
	"iam.serviceAccounts.delete":            "roles/iam.serviceAccountAdmin",
	"iam.serviceAccountKeys.create":         "roles/iam.serviceAccountKeyAdmin",
	"resourcemanager.projects.getIamPolicy": "roles/resourcemanager.projectIamAdmin",
	"resourcemanager.projects.setIamPolicy": "roles/resourcemanager.projectIamAdmin",
}
