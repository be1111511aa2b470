// SPDX-License-Identifier: Apache-2.0

package google

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/errkind"
)

// grpcError returns an error of a gRPC service with details.
func grpcError(t *testing.T, code codes.Code, message, reason string, metadata map[string]string) error {
	t.Helper()
	s, err := status.New(code, message).WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "googleapis.com", Metadata: metadata})
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

func TestExplain(t *testing.T) {
	httpError := func(code int, reason, message string) error {
		return &googleapi.Error{Code: code, Message: message, Errors: []googleapi.ErrorItem{{Reason: reason}}}
	}
	for name, test := range map[string]struct {
		err   error
		means error
		says  string
	}{
		"no credentials":     {errors.New("credentials: could not find default credentials. See https://x"), ErrCredentials, "GOOGLE_APPLICATION_CREDENTIALS"},
		"unauthenticated":    {status.Error(codes.Unauthenticated, "no"), ErrCredentials, "refused"},
		"401":                {httpError(http.StatusUnauthorized, "authError", "no"), ErrCredentials, "refused"},
		"permission by info": {grpcError(t, codes.PermissionDenied, "no", "IAM_PERMISSION_DENIED", map[string]string{"permission": "pubsub.topics.publish"}), ErrForbidden, "roles/pubsub.publisher"},
		"permission by text": {httpError(http.StatusForbidden, "accessDenied", "Access Denied: Project p: User does not have bigquery.jobs.create permission: Permission bigquery.jobs.create denied on x"), ErrForbidden, "roles/bigquery.jobUser"},
		"permission unknown": {status.Error(codes.PermissionDenied, "no"), ErrForbidden, "docs/google-cloud.md"},
		"disabled":           {grpcError(t, codes.PermissionDenied, "no", "SERVICE_DISABLED", map[string]string{"service": "pubsub.googleapis.com"}), ErrProject, "gcloud services enable pubsub.googleapis.com"},
		"wrong project":      {status.Error(codes.NotFound, "Requested project not found or user does not have access to it (project=x)"), ErrProject, "name of the project"},
		"not found":          {httpError(http.StatusNotFound, "notFound", "Not found: Dataset project:d"), ErrNotFound, ""},
		"secret not found":   {status.Error(codes.NotFound, "Secret [projects/1/secrets/x] not found or has no versions."), ErrNotFound, ""},
		"exists":             {status.Error(codes.AlreadyExists, "x"), ErrExists, ""},
		"quota":              {status.Error(codes.ResourceExhausted, "x"), ErrQuota, "later"},
		"429":                {httpError(http.StatusTooManyRequests, "", "x"), ErrQuota, "later"},
		"quota as 403":       {httpError(http.StatusForbidden, "rateLimitExceeded", "x"), ErrQuota, "later"},
		"503":                {httpError(http.StatusServiceUnavailable, "backendError", "x"), ErrUnavailable, ""},
		"unavailable":        {status.Error(codes.Unavailable, "x"), ErrUnavailable, ""},
		"aborted":            {status.Error(codes.Aborted, "x"), ErrConflict, ""},
		"precondition":       {status.Error(codes.FailedPrecondition, "the stored version (1) does not match the required base version (2)"), ErrConflict, ""},
		"no index":           {status.Error(codes.FailedPrecondition, "The query requires an index. You can create it here: https://x"), ErrProject, "indexes"},
		"no database":        {status.Error(codes.NotFound, "The database (default) does not exist for project p Please visit https://x to add one"), ErrProject, "gcloud firestore databases create"},
		"no project 404":     {httpError(http.StatusNotFound, "notFound", "Not found: Project p"), ErrProject, "name of the project"},
		"no topic":           {status.Error(codes.NotFound, `topic "projects/my-project/topics/my-project-new"`), ErrNotFound, ""},
		"no topic, emulator": {status.Error(codes.NotFound, "Topic not found (resource=my-project-new)"), ErrNotFound, ""},
		"duplicate":          {httpError(http.StatusConflict, "duplicate", "Already Exists: Table p:d.t"), ErrExists, ""},
		"409 of a change":    {httpError(http.StatusConflict, "aborted", "There were concurrent policy changes."), ErrConflict, ""},
		"job over quota":     {httpError(http.StatusBadRequest, "quotaExceeded", "x"), ErrQuota, "later"},
		"job failed":         {httpError(http.StatusBadRequest, "jobBackendError", "x"), ErrUnavailable, ""},
		"rows denied":        {grpcError(t, codes.PermissionDenied, "Permission 'TABLES_UPDATE_DATA' denied on resource 'projects/p/datasets/d/tables/t' (or it may not exist).", "", nil), ErrForbidden, "roles/bigquery.dataEditor"},
		"job denied":         {httpError(http.StatusBadRequest, "accessDenied", "Permission bigquery.tables.getData denied on table p:d.t"), ErrForbidden, "roles/bigquery.dataViewer"},
		"job without table":  {httpError(http.StatusBadRequest, "notFound", "Not found: Table p:d.t"), ErrNotFound, ""},
		"job invalid":        {httpError(http.StatusBadRequest, "invalidQuery", "x"), ErrInvalid, ""},
		"412":                {httpError(http.StatusPreconditionFailed, "conditionNotMet", "x"), ErrConflict, ""},
		"too large to send":  {status.Error(codes.ResourceExhausted, "trying to send message larger than max (30000000 vs. 20971520)"), ErrTooLarge, ""},
		"too large to get":   {status.Error(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)"), ErrTooLarge, ""},
		"too large, topic":   {status.Error(codes.InvalidArgument, "Request payload size exceeds the limit: 10485760 bytes."), ErrTooLarge, ""},
		"too large document": {status.Error(codes.InvalidArgument, "Document 'x' cannot be written because its size (2 bytes) exceeds the maximum allowed size of 1 bytes."), ErrTooLarge, ""},
		"413":                {&googleapi.Error{Code: http.StatusRequestEntityTooLarge, Body: "<html>"}, ErrTooLarge, ""},
		"answer too large":   {httpError(http.StatusForbidden, "responseTooLarge", "x"), ErrTooLarge, ""},
		"no billing":         {httpError(http.StatusForbidden, "billingNotEnabled", "x"), ErrProject, "billing"},
		"no token server":    {status.Error(codes.Unauthenticated, `transport: per-RPC creds failed due to error: Post "https://oauth2.googleapis.com/token": dial tcp: lookup oauth2.googleapis.com: no such host`), ErrUnavailable, "server of tokens"},
		"token refused":      {&auth.Error{Response: &http.Response{StatusCode: http.StatusBadRequest}, Body: []byte("invalid_grant")}, ErrCredentials, "refused"},
		"token server fails": {&auth.Error{Response: &http.Response{StatusCode: http.StatusBadGateway}}, ErrUnavailable, "server of tokens"},
		"no route":           {&url.Error{Op: "Get", URL: "https://x", Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("network is unreachable")}}, ErrUnavailable, ""},
		"no answer":          {&url.Error{Op: "Get", URL: "https://x", Err: &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}}, ErrUnavailable, ""},
		"no name":            {&net.DNSError{Err: "no such host", Name: "x"}, ErrUnavailable, ""},
		"cut off":            {&url.Error{Op: "Get", URL: "https://x", Err: io.ErrUnexpectedEOF}, ErrUnavailable, ""},
		"invalid":            {status.Error(codes.InvalidArgument, "x"), ErrInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			// A text around the error does not change its meaning.
			around := fmt.Errorf("pubsub:my-project/topic: project not found: %w", test.err)
			for _, err := range []error{test.err, around, Explain(test.err)} {
				got := Explain(err)
				if strings.Count(got.Error(), test.means.Error()) != 1 {
					t.Errorf("got %q, which does not say its meaning once", got)
				}
				if !errors.Is(got, test.means) || !errors.Is(got, err) || !strings.Contains(got.Error(), test.says) {
					t.Errorf("got %q, want %v with %q", got, test.means, test.says)
				}
				if errkind.Of(got) == errkind.Unknown {
					t.Error("the error has no kind")
				}
			}
		})
	}
}

// All codes and statuses have a meaning, except for those that no caller can act on.
func TestExplainKnowsAll(t *testing.T) {
	without := map[codes.Code]bool{codes.Canceled: true, codes.Unknown: true, codes.DataLoss: true}
	for code := codes.OK + 1; code <= codes.Unauthenticated; code++ {
		if got := errkind.Of(Explain(status.Error(code, "x"))); (got == errkind.Unknown) != without[code] {
			t.Errorf("%v has the kind %v", code, got)
		}
	}
	for code, want := range map[int]errkind.Kind{
		400: errkind.Wrong, 401: errkind.Broken, 402: errkind.Unknown, 403: errkind.Broken, 404: errkind.Gone, 408: errkind.Busy, 409: errkind.Wrong,
		412: errkind.Busy, 413: errkind.TooLarge, 429: errkind.Busy, 500: errkind.Busy, 501: errkind.Wrong, 502: errkind.Busy, 503: errkind.Busy, 504: errkind.Busy, 599: errkind.Busy,
	} {
		if got := errkind.Of(Explain(&googleapi.Error{Code: code})); got != want {
			t.Errorf("status %d has the kind %v, want %v", code, got, want)
		}
	}
}

// A key, or a part of it, is in no error, whatever is wrong with the key file.
func TestErrorsHideKeys(t *testing.T) {
	const key = `{"type":"service_account","project_id":"p","private_key_id":"SECRET","private_key":"-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n","client_email":"a@b"}`
	t.Setenv("HOME", t.TempDir())
	file := filepath.Join(t.TempDir(), "key.json")
	for name, test := range map[string]struct{ variable, text, says string }{
		"content":      {key, "", "write it to a file"},
		"no file":      {filepath.Join(t.TempDir(), "none"), "", "path of a key file"},
		"broken":       {file, key, "path of a key file"},
		"cut":          {file, key[:len(key)/2], "path of a key file"},
		"no JSON":      {file, "SECRET", "path of a key file"},
		"empty":        {file, "", "path of a key file"},
		"other type":   {file, `{"type":"service_account","private_key":{"SECRET":1}}`, "path of a key file"},
		"unknown type": {file, `{"type":"x","private_key":"SECRET"}`, "path of a key file"},
		"no user":      {file, `{"type":"authorized_user","client_secret":"SECRET","refresh_token":"SECRET"}`, "path of a key file"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv(keyVariable, test.variable)
			client, err := pubsub.NewClient(t.Context(), "p", GRPC("UNSET")...)
			if err == nil {
				client.Close()
				t.Fatal("a client without a key")
			}
			_, err2 := Project(t.Context())
			for _, err := range []error{Explain(err), Explain(fmt.Errorf("open: %w", err)), err2} {
				if err == nil && name == "broken" {
					continue // the project can be read
				}
				if !errors.Is(err, ErrCredentials) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v, want that it says %q", err, test.says)
				}
				if strings.Contains(err.Error(), "SECRET") {
					t.Errorf("the error shows the key: %v", err)
				}
			}
		})
	}
}

func TestExplainLeavesOthers(t *testing.T) {
	other := errors.New("other")
	_, noFile := os.Open("none")
	for _, err := range []error{
		nil, other, noFile, context.Canceled, fmt.Errorf("x: %w", context.DeadlineExceeded),
		&url.Error{Op: "Get", URL: "https://x", Err: context.Canceled}, status.FromContextError(context.Canceled).Err(),
	} {
		if got := Explain(err); got != err {
			t.Errorf("got %v for %v", got, err)
		}
	}
}
