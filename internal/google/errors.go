// SPDX-License-Identifier: Apache-2.0

package google

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cloud.google.com/go/auth"
	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/errkind"
)

// Meanings of errors of services. Explain adds what to do.
var (
	// ErrCredentials: there are no credentials, or they are not valid.
	ErrCredentials = errkind.New(errkind.Broken, "no valid credentials for Google Cloud")
	// ErrForbidden: the account lacks a permission.
	ErrForbidden = errkind.New(errkind.Broken, "the Google Cloud account may not do this")
	// ErrProject: the project does not exist, or lacks a service, a database or an index.
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
	// ErrTooLarge: the call brings or asks for more than the service allows.
	ErrTooLarge = errkind.New(errkind.TooLarge, "too large for Google Cloud")
	// ErrInvalid: the service refuses the call as it is, and always will.
	ErrInvalid = errkind.New(errkind.Wrong, "Google Cloud refuses the request")
)

// Explain returns an error that wraps err and one of the errors of this package, and says
// what to do. It returns err itself if it is another error, if it was explained already, or
// if it says that a context ended. The text of the result never has the content of a key
// file.
func Explain(err error) error {
	if _, ok := errors.AsType[*explained](err); ok || err == nil {
		return err
	}
	if holdsKey(err) {
		return fmt.Errorf("%w: GOOGLE_APPLICATION_CREDENTIALS has the content of a key file: write it to a file, and set the variable to its path", ErrCredentials)
	}
	advice, means := meaning(err)
	if means == nil {
		return err
	}
	text := means.Error()
	if advice != "" {
		text += ": " + advice
	}
	return &explained{means, err, text}
}

// explained is an error of a service with its meaning.
type explained struct {
	means, err error
	text       string
}

func (e *explained) Error() string   { return e.text + ": " + e.err.Error() }
func (e *explained) Unwrap() []error { return []error{e.means, e.err} }

const login = "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run gcloud auth application-default login"

// meaning returns what to do about an error, and its meaning, which is nil if it has none.
func meaning(err error) (advice string, means error) {
	// The error of a network that does not answer is also one of a context that ended.
	if network, ok := errors.AsType[*net.OpError](err); ok && network.Timeout() {
		return "", ErrUnavailable
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "", nil
	}
	if advice := adviceOnCredentials(err); advice != "" {
		return advice, ErrCredentials
	}
	if token, ok := errors.AsType[*auth.Error](err); ok {
		if token.Response != nil && token.Response.StatusCode >= http.StatusInternalServerError {
			return "the server of tokens failed", ErrUnavailable
		}
		return "the credentials were refused: " + login, ErrCredentials
	}
	if c, ok := read(err); ok {
		return c.meaning()
	}
	if isNetwork(err) {
		return "", ErrUnavailable
	}
	return "", nil
}

// isNetwork reports whether an error is one of the network.
func isNetwork(err error) bool {
	_, request := errors.AsType[*url.Error](err)
	_, connection := errors.AsType[*net.OpError](err)
	_, name := errors.AsType[*net.DNSError](err)
	return request || connection || name
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
		c = call{code: codeOf(plain.Code), message: cmp.Or(plain.Message, http.StatusText(plain.Code))}
		for _, item := range plain.Errors {
			c.reason = cmp.Or(c.reason, item.Reason)
		}
		if code, ok := reasonCodes[c.reason]; ok {
			c.code = code
		}
	} else if s, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		// The message is that of the service: status.FromError would add the texts around it.
		c = call{code: s.GRPCStatus().Code(), message: s.GRPCStatus().Message()}
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
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusRequestTimeout:
		return codes.DeadlineExceeded
	case http.StatusConflict:
		return codes.AlreadyExists
	case http.StatusPreconditionFailed:
		return codes.FailedPrecondition
	case http.StatusTooManyRequests:
		return codes.ResourceExhausted
	case http.StatusNotImplemented:
		return codes.Unimplemented
	}
	if httpStatus >= http.StatusInternalServerError {
		return codes.Unavailable
	}
	return codes.Unknown
}

// reasonCodes are the gRPC codes of reasons that say more than the HTTP status. Errors of
// BigQuery's jobs have the status 400 whatever their reason.
var reasonCodes = map[string]codes.Code{
	"quotaExceeded": codes.ResourceExhausted, "rateLimitExceeded": codes.ResourceExhausted,
	"userRateLimitExceeded": codes.ResourceExhausted, "jobRateLimitExceeded": codes.ResourceExhausted,

	"backendError": codes.Unavailable, "internalError": codes.Unavailable, "jobBackendError": codes.Unavailable,
	"jobInternalError": codes.Unavailable, "tableUnavailable": codes.Unavailable, "blocked": codes.Unavailable,

	"accessDenied": codes.PermissionDenied, "responseTooLarge": codes.PermissionDenied, "billingNotEnabled": codes.PermissionDenied,
	"notFound": codes.NotFound, "duplicate": codes.AlreadyExists, "alreadyExists": codes.AlreadyExists,
	"aborted": codes.Aborted, "conflict": codes.Aborted, "notImplemented": codes.Unimplemented,
}

const askForQuota = "try again later, or ask for more at https://console.cloud.google.com/iam-admin/quotas"

func (c *call) meaning() (advice string, means error) {
	if c.says("larger than max", "payload size exceeds", "exceeds the maximum allowed size", "request entity too large") {
		return "", ErrTooLarge
	}
	switch c.code {
	case codes.Unauthenticated:
		// The client of gRPC says so too if the server of tokens does not answer.
		if c.says("per-rpc creds failed") && c.says("dial tcp", "no such host", "timeout", "connection refused", "connection reset") {
			return "the server of tokens does not answer", ErrUnavailable
		}
		return "the credentials were refused: " + login, ErrCredentials
	case codes.PermissionDenied:
		return c.denied()
	case codes.NotFound:
		switch {
		case c.says("project not found", "not found: project "):
			return "check the name of the project", ErrProject
		case c.says("database") && c.says("does not exist for project"):
			return "make the database: gcloud firestore databases create --location LOCATION", ErrProject
		}
		return "", ErrNotFound
	case codes.AlreadyExists:
		return "", ErrExists
	case codes.ResourceExhausted:
		return askForQuota, ErrQuota
	case codes.Unavailable, codes.Internal, codes.DeadlineExceeded:
		return "", ErrUnavailable
	case codes.FailedPrecondition:
		if c.says("requires an index") {
			return "make Firestore's indexes: deploy/google has their list", ErrProject
		}
		return "", ErrConflict
	case codes.Aborted:
		return "", ErrConflict
	case codes.InvalidArgument, codes.OutOfRange, codes.Unimplemented:
		return "", ErrInvalid
	}
	return "", nil
}

// says reports whether the message has one of the texts, in letters of any size.
func (c *call) says(texts ...string) bool {
	message := strings.ToLower(c.message)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(message, text) })
}

// denied is meaning for the status "permission denied". Services use it for quotas
// and projects as well.
func (c *call) denied() (advice string, means error) {
	switch c.reason {
	case "RATE_LIMIT_EXCEEDED":
		return askForQuota, ErrQuota
	case "responseTooLarge":
		return "", ErrTooLarge
	case "SERVICE_DISABLED", "accessNotConfigured":
		return "the project does not use the service: gcloud services enable " + cmp.Or(c.metadata["service"], "SERVICE"), ErrProject
	case "CONSUMER_INVALID", "BILLING_DISABLED", "billingNotEnabled":
		return "check the name of the project, and that it has a billing account", ErrProject
	}
	permission := cmp.Or(c.metadata["permission"], named(c.message))
	if permission == "" {
		return "docs/google-cloud.md lists the roles of each account", ErrForbidden
	}
	if role := roles[permission]; role != "" {
		return fmt.Sprintf("it lacks the permission %s, which %s grants", permission, role), ErrForbidden
	}
	return "it lacks the permission " + permission, ErrForbidden
}

// named returns the permission that a message names, such as "Permission
// bigquery.jobs.create denied on ..." or "Permission 'x.y.z' denied on ...". BigQuery's
// Storage API has names of its own, such as TABLES_UPDATE_DATA.
func named(message string) string {
	_, rest, _ := strings.Cut(message, "ermission ")
	word, _, _ := strings.Cut(rest, " ")
	word = strings.Trim(word, "'\"`,:")
	if strings.Count(word, ".") == 2 || roles[word] != "" {
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
	"TABLES_UPDATE_DATA":                    "roles/bigquery.dataEditor",
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
