// SPDX-License-Identifier: Apache-2.0

package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

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
		"invalid":            {status.Error(codes.InvalidArgument, "x"), ErrInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range []error{test.err, fmt.Errorf("wrapped: %w", test.err), Explain(test.err)} {
				got := Explain(err)
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

func TestExplainLeavesOthers(t *testing.T) {
	other := errors.New("other")
	for _, err := range []error{nil, other, context.Canceled, fmt.Errorf("x: %w", context.DeadlineExceeded)} {
		if got := Explain(err); got != err {
			t.Errorf("got %v for %v", got, err)
		}
	}
}
