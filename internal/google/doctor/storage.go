// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/bigquery"
	firestore "cloud.google.com/go/firestore/apiv1/admin"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"
	"google.golang.org/api/storage/v1"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// checkDataset checks the dataset and the version of its schema.
func (d *doctor) checkDataset(ctx context.Context) error {
	if d.Dataset == "" {
		return nil
	}
	client, err := bigquery.NewClient(ctx, d.Project, google.HTTP(google.BigQueryEmulator, "/bigquery/v2/")...)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "dataset " + d.Dataset
	if _, err := client.Dataset(d.Dataset).Metadata(ctx); err != nil {
		d.failed(name, err, command("bq", "mk", "--dataset", d.Project+":"+d.Dataset))
		return nil
	}
	d.ok(name)
	if d.Schema == nil {
		return nil
	}
	if mend, err := d.Schema(ctx); err != nil {
		d.wrong("schema of "+name, oneLine(err.Error()), mend)
		return nil
	}
	d.ok("schema of " + name)
	return nil
}

// index is a composite index of Firestore.
type index struct {
	Collection string `json:"collectionGroup"`
	Fields     []struct {
		Path  string `json:"fieldPath"`
		Order string `json:"order"`
		Array string `json:"arrayConfig"`
	} `json:"fields"`
}

// field is the declaration of a field of Firestore.
type field struct {
	Collection string `json:"collectionGroup"`
	Path       string `json:"fieldPath"`
	TTL        bool   `json:"ttl"` // documents are deleted at the time in the field
}

// key returns the fields of the index as a text.
func (i *index) key() string {
	var all []string
	for _, f := range i.Fields {
		all = append(all, f.Path+" "+f.Order+f.Array)
	}
	return strings.Join(all, ", ")
}

// keyOf returns the fields of an index that exists as a text. Firestore adds the name of the
// document.
func keyOf(i *adminpb.Index) string {
	var all []string
	for _, f := range i.GetFields() {
		switch {
		case f.GetFieldPath() == "__name__":
		case f.GetArrayConfig() != adminpb.Index_IndexField_ARRAY_CONFIG_UNSPECIFIED:
			all = append(all, f.GetFieldPath()+" "+f.GetArrayConfig().String())
		default:
			all = append(all, f.GetFieldPath()+" "+f.GetOrder().String())
		}
	}
	return strings.Join(all, ", ")
}

// checkSpool checks the database of Firestore and its indexes.
func (d *doctor) checkSpool(ctx context.Context) error {
	if d.Database == "" {
		return nil
	}
	client, err := firestore.NewFirestoreAdminClient(ctx, google.GRPC(google.FirestoreEmulator)...)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "Firestore database " + d.Database
	database, err := client.GetDatabase(ctx, &adminpb.GetDatabaseRequest{Name: d.path("databases/%s", d.Database)})
	switch {
	case err != nil:
		d.failed(name, err, d.gcloud("firestore", "databases", "create", "--database", d.Database, "--location", d.Region, "--type", "firestore-native"))
		return nil
	case database.GetType() != adminpb.Database_FIRESTORE_NATIVE:
		d.wrong(name, "it is in the mode for Datastore", d.gcloud("firestore", "databases", "update", "--database", d.Database, "--type", "firestore-native"))
		return nil
	}
	d.ok(name)
	if len(d.Indexes) == 0 {
		return nil
	}
	var declared struct {
		Indexes []index `json:"indexes"`
		Fields  []field `json:"fieldOverrides"`
	}
	if err := json.Unmarshal(d.Indexes, &declared); err != nil {
		return fmt.Errorf("the declaration of indexes: %w", err)
	}
	d.checkIndexes(ctx, client, declared.Indexes)
	for _, f := range declared.Fields {
		if f.TTL {
			d.checkTTL(ctx, client, d.collection(f.Collection), f.Path)
		}
	}
	return nil
}

// collection returns the name of a collection that the declaration has by its default name.
func (d *doctor) collection(declared string) string {
	return d.Collection + strings.TrimPrefix(declared, names.Collection)
}

// checkTTL checks that Firestore deletes the documents of a collection at the time in a
// field. The program does not delete them.
func (d *doctor) checkTTL(ctx context.Context, client *firestore.FirestoreAdminClient, collection, path string) {
	name := fmt.Sprintf("time to live of %s: %s", collection, path)
	enable := d.gcloud("firestore", "fields", "ttls", "update", path, "--database", d.Database, "--collection-group", collection, "--enable-ttl")
	found, err := client.GetField(ctx, &adminpb.GetFieldRequest{Name: d.path("databases/%s/collectionGroups/%s/fields/%s", d.Database, collection, path)})
	switch {
	case err != nil:
		d.failed(name, err, enable)
	case found.GetTtlConfig() == nil:
		d.missing(name, enable)
	case found.GetTtlConfig().GetState() == adminpb.Field_TtlConfig_CREATING:
		d.wrong(name, "it is being made: wait", "")
	case found.GetTtlConfig().GetState() != adminpb.Field_TtlConfig_ACTIVE:
		d.wrong(name, "making it failed", enable)
	default:
		d.ok(name)
	}
}

func (d *doctor) checkIndexes(ctx context.Context, client *firestore.FirestoreAdminClient, declared []index) {
	states := map[string]map[string]adminpb.Index_State{} // by collection and fields
	for _, i := range declared {
		i.Collection = d.collection(i.Collection)
		name := fmt.Sprintf("index of %s: %s", i.Collection, i.key())
		mend := d.createIndex(&i)
		if states[i.Collection] == nil {
			found, err := d.indexes(ctx, client, i.Collection)
			if err != nil {
				d.failed(name, err, mend)
				continue
			}
			states[i.Collection] = found
		}
		switch state, ok := states[i.Collection][i.key()]; {
		case !ok:
			d.missing(name, mend)
		case state == adminpb.Index_CREATING:
			d.wrong(name, "it is being built: wait", "")
		case state != adminpb.Index_READY:
			d.wrong(name, "building it failed: remove it and make it again", mend)
		default:
			d.ok(name)
		}
	}
}

// indexes returns the states of a collection's indexes by their fields.
func (d *doctor) indexes(ctx context.Context, client *firestore.FirestoreAdminClient, collection string) (map[string]adminpb.Index_State, error) {
	found := map[string]adminpb.Index_State{}
	all := client.ListIndexes(ctx, &adminpb.ListIndexesRequest{Parent: d.path("databases/%s/collectionGroups/%s", d.Database, collection)})
	for {
		i, err := all.Next()
		if errors.Is(err, iterator.Done) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		if i.GetQueryScope() == adminpb.Index_COLLECTION {
			found[keyOf(i)] = i.GetState()
		}
	}
}

// createIndex returns the command that creates an index.
func (d *doctor) createIndex(i *index) string {
	words := []string{"firestore", "indexes", "composite", "create", "--database", d.Database, "--collection-group", i.Collection}
	for _, f := range i.Fields {
		how := "order=" + strings.ToLower(f.Order)
		if f.Array != "" {
			how = "array-config=" + strings.ToLower(f.Array)
		}
		words = append(words, "--field-config", "field-path="+f.Path+","+how)
	}
	return d.gcloud(words...)
}

// storagePath is where Cloud Storage has its interface.
const storagePath = "/storage/v1/"

// checkBucket checks the bucket that the service for tasks mounts.
func (d *doctor) checkBucket(ctx context.Context) error {
	if d.Bucket == "" {
		return nil
	}
	client, err := storage.NewService(ctx, google.HTTP(google.StorageEmulator, storagePath)...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "bucket " + d.Bucket
	if _, err := client.Buckets.Get(d.Bucket).Context(ctx).Do(); err != nil {
		d.failed(name, err, d.gcloud("storage", "buckets", "create", "gs://"+d.Bucket, "--location", d.Region,
			"--uniform-bucket-level-access", "--public-access-prevention"))
		return nil
	}
	d.ok(name)
	return nil
}

// secretNames returns the secrets to check.
func (d *doctor) secretNames() []string {
	return slices.DeleteFunc([]string{d.JWTSecret, d.SMTPPassword}, func(name string) bool { return name == "" })
}

// checkSecrets checks that each secret has a version that can be used. It does not read
// the secret.
func (d *doctor) checkSecrets(ctx context.Context) error {
	client, err := secretmanager.NewClient(ctx, google.GRPC(google.SecretManagerEmulator)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, id := range d.secretNames() {
		d.checkSecret(ctx, client, id)
	}
	return nil
}

func (d *doctor) checkSecret(ctx context.Context, client *secretmanager.Client, id string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := "secret " + id
	if _, err := client.GetSecret(ctx, &secretmanagerpb.GetSecretRequest{Name: d.path("secrets/%s", id)}); err != nil {
		d.failed(name, err, d.gcloud("secrets", "create", id, "--replication-policy", "automatic"))
		return
	}
	d.ok(name)
	name = "latest version of secret " + id
	add := d.gcloud("secrets", "versions", "add", id, "--data-file", "FILE")
	version, err := client.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: d.path("secrets/%s/versions/latest", id)})
	switch {
	case err != nil:
		d.failed(name, err, add)
	case version.GetState() != secretmanagerpb.SecretVersion_ENABLED:
		d.wrong(name, "it is "+strings.ToLower(version.GetState().String()), add)
	default:
		d.ok(name)
	}
}
