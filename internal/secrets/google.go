// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/google"
)

// patience is how long Secret Manager may take to answer.
const patience = 20 * time.Second

// access returns a secret of Google's Secret Manager. The name has a version.
func (k *Keeper) access(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, err := k.client(ctx)
	if err != nil {
		return nil, google.Explain(err)
	}
	answer, err := client.AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{Name: name})
	if err != nil {
		return nil, explainAccess(name, err)
	}
	payload := answer.GetPayload()
	if payload.DataCrc32C != nil && payload.GetDataCrc32C() != int64(crc32.Checksum(payload.GetData(), crc32.MakeTable(crc32.Castagnoli))) {
		return nil, fmt.Errorf("%w: the secret was damaged on its way", google.ErrUnavailable)
	}
	return payload.GetData(), nil
}

// client returns the client of Secret Manager.
func (k *Keeper) client(ctx context.Context) (_ *secretmanager.Client, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.google == nil {
		k.google, err = secretmanager.NewClient(ctx, google.GRPC(google.SecretManagerEmulator)...)
	}
	return k.google, err
}

// explainAccess says what to do about an error of access.
func explainAccess(name string, err error) error {
	part := strings.Split(name, "/")
	project, id, version := part[1], part[3], part[5]
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: no answer within %v", google.ErrUnavailable, patience)
	}
	switch status.Code(err) {
	case codes.NotFound:
		return fmt.Errorf("there is no such secret, or it has no version: "+
			"gcloud secrets versions add %s --project %s --data-file FILE: %w", id, project, google.Explain(err))
	case codes.FailedPrecondition:
		return fmt.Errorf("%w: the version is disabled or destroyed: gcloud secrets versions enable %s --secret %s --project %s, or add a version: %w",
			google.ErrInvalid, version, id, project, err)
	case codes.PermissionDenied:
		return fmt.Errorf("reading the secret needs roles/secretmanager.secretAccessor: "+
			"gcloud secrets add-iam-policy-binding %s --project %s --role roles/secretmanager.secretAccessor --member serviceAccount:ACCOUNT: %w",
			id, project, google.Explain(err))
	}
	return google.Explain(err)
}
