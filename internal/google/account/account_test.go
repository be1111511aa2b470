// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"github.com/google/go-cmp/cmp"
	bigquery "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/account"
	"github.com/kcidb-go/kcidb/internal/google/googletest"
	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
)

const (
	topic   = "projects/p1/topics/kcidb_new"
	email   = "kcidb-ci-linaro-tuxsuite@p1.iam.gserviceaccount.com"
	publish = "roles/pubsub.publisher on topic kcidb_new"
	view    = "roles/bigquery.dataViewer on dataset kcidb"
	jobs    = "roles/bigquery.jobUser on project p1"
)

// open returns a project with a topic and a dataset, and its accounts. Waiting takes no
// time.
func open(t *testing.T) (*googletest.Project, *account.Accounts) {
	t.Helper()
	p := googletest.Start(t, "p1")
	p.Topics[topic] = true
	p.Datasets["kcidb"] = &googletest.Dataset{Access: []*bigquery.DatasetAccess{{Role: "OWNER", SpecialGroup: "projectOwners"}}}
	a, err := account.Open(t.Context(), account.Config{
		Project: "p1", Topic: "kcidb_new", Dataset: "kcidb",
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, a
}

// add adds an account and checks what that did.
func add(t *testing.T, a *account.Accounts, wantMade bool, want []string, roles ...account.Role) {
	t.Helper()
	made, granted, err := a.Add(t.Context(), "linaro_tuxsuite", roles...)
	if err != nil {
		t.Fatal(err)
	}
	if made != wantMade || !slices.Equal(granted, want) {
		t.Errorf("made %v, granted %q, want %v, %q", made, granted, wantMade, want)
	}
}

func list(t *testing.T, a *account.Accounts) []account.Account {
	t.Helper()
	all, err := a.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestLife makes an account, adds a role, lists it, and removes it. Each step may be
// repeated.
func TestLife(t *testing.T) {
	p, a := open(t)
	if all := list(t, a); len(all) != 0 {
		t.Errorf("at first: %v", all)
	}
	p.Accounts["projects/p1/serviceAccounts/other@p1.iam.gserviceaccount.com"] = &adminpb.ServiceAccount{Email: "other@p1.iam.gserviceaccount.com"}
	add(t, a, true, []string{publish}, account.Submit)
	add(t, a, false, nil, account.Submit)
	want := account.Account{Origin: "linaro_tuxsuite", Email: email, Roles: []account.Role{account.Submit}}
	if diff := cmp.Diff([]account.Account{want}, list(t, a)); diff != "" {
		t.Error(diff)
	}
	add(t, a, false, []string{view, jobs}, account.Submit, account.Query)
	add(t, a, false, nil, account.Query)
	if _, _, err := a.Add(t.Context(), "a", account.Query); err != nil {
		t.Fatal(err)
	}
	want.Roles = append(want.Roles, account.Query)
	first := account.Account{Origin: "a", Email: "kcidb-ci-a@p1.iam.gserviceaccount.com", Roles: []account.Role{account.Query}}
	if diff := cmp.Diff([]account.Account{first, want}, list(t, a)); diff != "" {
		t.Error(diff)
	}
	if got := p.Datasets["kcidb"].Access; len(got) != 3 || got[0].Role != "OWNER" || got[1].Role != "READER" || got[1].UserByEmail != email {
		t.Errorf("the access of the dataset: %+v", got)
	}

	if err := a.Remove(t.Context(), "linaro_tuxsuite"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]account.Account{first}, list(t, a)); diff != "" {
		t.Error(diff)
	}
	if len(p.Policies[topic].Bindings) != 0 || len(p.Datasets["kcidb"].Access) != 2 || len(p.Policies["projects/p1"].Bindings[0].Members) != 1 {
		t.Errorf("permissions are left: %v, %v, %v", p.Policies[topic], p.Policies["projects/p1"], p.Datasets["kcidb"].Access)
	}
	if err := a.Remove(t.Context(), "linaro_tuxsuite"); !errors.Is(err, account.ErrNone) {
		t.Errorf("removed again: %v", err)
	}
}

// TestKeepsOthers: the permissions of others, and those with conditions, stay.
func TestKeepsOthers(t *testing.T) {
	p, a := open(t)
	policy := new(iampb.Policy)
	if err := protojson.Unmarshal([]byte(`{"version": 3, "etag": "MA==", "bindings": [
		{"role": "roles/pubsub.publisher", "members": ["user:a@example.org"], "condition": {"title": "until"}},
		{"role": "roles/pubsub.publisher", "members": ["user:b@example.org", "deleted:serviceAccount:`+email+`?uid=1"]},
		{"role": "roles/pubsub.admin", "members": ["user:c@example.org"]}]}`), policy); err != nil {
		t.Fatal(err)
	}
	p.Policies[topic] = policy
	add(t, a, true, []string{publish}, account.Submit)
	got := p.Policies[topic].GetBindings()
	if len(got) != 3 || len(got[0].Members) != 1 || got[0].Condition.GetTitle() != "until" || !slices.Contains(got[1].Members, "serviceAccount:"+email) {
		t.Errorf("the policy is %v", got)
	}
	if err := a.Remove(t.Context(), "linaro_tuxsuite"); err != nil {
		t.Fatal(err)
	}
	if got := p.Policies[topic].GetBindings(); len(got) != 3 || !slices.Equal(got[1].Members, []string{"user:b@example.org"}) || got[0].Condition == nil {
		t.Errorf("the policy is %v", got)
	}
}

// TestRepeats: changes are repeated while others change the same, and while a new account
// is not known everywhere.
func TestRepeats(t *testing.T) {
	p, a := open(t)
	aborted := status.Error(codes.Aborted, "concurrent policy changes")
	p.Settle = 4
	p.Fail("SetIamPolicy", aborted, aborted)
	p.Fail("PATCH /bigquery/v2/projects/p1/datasets/kcidb", &googleapi.Error{Code: http.StatusPreconditionFailed})
	add(t, a, true, []string{publish, view, jobs}, account.Submit, account.Query)

	p.Fail("SetIamPolicy", slices.Repeat([]error{aborted}, 8)...)
	if err := a.Remove(t.Context(), "linaro_tuxsuite"); !errors.Is(err, google.ErrConflict) {
		t.Errorf("with changes all the time: %v", err)
	}
	if err := a.Remove(t.Context(), "linaro_tuxsuite"); err != nil {
		t.Error(err)
	}
}

// TestErrors: errors say which step failed and what to do, and the step can be repeated.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		method string
		err    error
		means  error
		says   string
	}{
		{"CreateServiceAccount", secretstest.Denied("iam.serviceAccounts.create", "projects/p1"), google.ErrForbidden, "roles/iam.serviceAccountAdmin"},
		{"CreateServiceAccount", status.Error(codes.ResourceExhausted, "Maximum number of service accounts on project reached."), google.ErrQuota, email},
		{"GetIamPolicy", secretstest.Denied("pubsub.topics.getIamPolicy", topic), google.ErrForbidden, "granting " + publish},
		{"PATCH /bigquery/v2/projects/p1/datasets/kcidb", &googleapi.Error{Code: http.StatusForbidden, Message: "Access Denied: Permission bigquery.datasets.update denied on dataset p1:kcidb"}, google.ErrForbidden, "bigquery.datasets.update"},
	} {
		p, a := open(t)
		p.Fail(test.method, test.err)
		if _, _, err := a.Add(t.Context(), "linaro_tuxsuite", account.Submit, account.Query); !errors.Is(err, test.means) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want %v with %q", test.method, err, test.means, test.says)
		}
		if _, _, err := a.Add(t.Context(), "linaro_tuxsuite", account.Submit, account.Query); err != nil {
			t.Errorf("%s, then again: %v", test.method, err)
		}
	}
	p, a := open(t)
	delete(p.Topics, topic)
	if _, _, err := a.Add(t.Context(), "ci", account.Submit); !errors.Is(err, google.ErrNotFound) {
		t.Errorf("without a topic: %v", err)
	}
	if all := list(t, a); len(all) != 1 || len(all[0].Roles) != 0 {
		t.Errorf("listed without a topic: %v", all)
	}
	if err := a.Remove(t.Context(), "ci"); err != nil {
		t.Errorf("removed without a topic: %v", err)
	}
}

// TestKey: a key is written once, to a file that only its owner reads.
func TestKey(t *testing.T) {
	p, a := open(t)
	add(t, a, true, nil)
	path := filepath.Join(t.TempDir(), "key.json")
	write := func(wantMade bool) {
		t.Helper()
		if made, err := a.WriteKey(t.Context(), "linaro_tuxsuite", path); err != nil || made != wantMade {
			t.Errorf("made %v, %v", made, err)
		}
	}
	write(true)
	write(false)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), googletest.PrivateKey) {
		t.Errorf("the file has no key: %v", err)
	}
	if all := list(t, a); len(all) != 1 || all[0].Keys != 1 {
		t.Errorf("listed: %+v", all)
	}

	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.WriteKey(t.Context(), "linaro_tuxsuite", other); err == nil || !strings.Contains(err.Error(), "is not a key of "+email) {
		t.Errorf("over another file: %v", err)
	}
	p.Fail("CreateServiceAccountKey", status.Error(codes.FailedPrecondition, "Key creation is not allowed on this service account."))
	none := filepath.Join(t.TempDir(), "none")
	if _, err := a.WriteKey(t.Context(), "linaro_tuxsuite", none); err == nil {
		t.Error("a key that could not be made is no error")
	}
	if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file is left: %v", err)
	}
}
