// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"

	"github.com/kcidb-go/kcidb/internal/google"
)

// keys returns the names of an account's keys that users made.
func (a *Accounts) keys(ctx context.Context, email string) (found []string, err error) {
	answer, err := a.iam.ListServiceAccountKeys(ctx, &adminpb.ListServiceAccountKeysRequest{
		Name: a.name(email), KeyTypes: []adminpb.ListServiceAccountKeysRequest_KeyType{adminpb.ListServiceAccountKeysRequest_USER_MANAGED},
	})
	if err != nil {
		return nil, fmt.Errorf("listing the keys of %s: %w", email, google.Explain(err))
	}
	for _, key := range answer.GetKeys() {
		found = append(found, key.GetName())
	}
	return found, nil
}

// WriteKey makes a key of a CI system's account and writes it to a file, which only the
// file's owner can read. It reports whether it did: a file with a key of the account stays
// as it is, and any other file is an error.
func (a *Accounts) WriteKey(ctx context.Context, origin, path string) (made bool, err error) {
	email := a.Email(origin)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, checkKey(path, email)
	} else if err != nil {
		return false, err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	key, err := a.iam.CreateServiceAccountKey(ctx, &adminpb.CreateServiceAccountKeyRequest{
		Name: a.name(email), PrivateKeyType: adminpb.ServiceAccountPrivateKeyType_TYPE_GOOGLE_CREDENTIALS_FILE,
	})
	if err != nil {
		return false, fmt.Errorf("making a key of %s: %w", email, google.Explain(err))
	}
	if _, err := file.Write(key.GetPrivateKeyData()); err != nil {
		// A key that no process has must not stay valid.
		drop := a.iam.DeleteServiceAccountKey(context.WithoutCancel(ctx), &adminpb.DeleteServiceAccountKeyRequest{Name: key.GetName()})
		return false, errors.Join(err, google.Explain(drop))
	}
	return true, file.Sync()
}

// checkKey returns an error unless a file has a key of an account.
func checkKey(path, email string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var key struct {
		Email string `json:"client_email"`
	}
	if err := json.Unmarshal(text, &key); err != nil || key.Email != email {
		return fmt.Errorf("%s exists and is not a key of %s: name another file", path, email)
	}
	return nil
}
