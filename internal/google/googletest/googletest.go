// SPDX-License-Identifier: Apache-2.0

// Package googletest has a Google Cloud project for tests: a server that answers as the
// services of Google do which administer a project. It knows the calls that "kcidb cloud"
// makes. It keeps no reports and no messages; the drivers' tests have servers for these.
package googletest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	iampb "cloud.google.com/go/iam/admin/apiv1/adminpb"
	policypb "cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
)

// Project is a project with its resources. Its fields may be changed while no call runs;
// calls are answered one at a time.
type Project struct {
	ID      string
	Secrets *secretstest.Server

	Topics        map[string]bool // by projects/P/topics/T, as the other names
	Subscriptions map[string]*pubsubpb.Subscription
	Jobs          map[string]*schedulerpb.Job
	Databases     map[string]*adminpb.Database
	Indexes       map[string][]*adminpb.Index      // by projects/P/databases/D/collectionGroups/C
	Accounts      map[string]*iampb.ServiceAccount // by projects/P/serviceAccounts/EMAIL
	Keys          map[string][]*iampb.ServiceAccountKey
	Policies      map[string]*policypb.Policy // by the name of the resource; projects/P for the project
	Datasets      map[string]*Dataset         // by the ID of the dataset
	APIs          map[string]bool             // by the name of the service; those that are enabled
	Services      map[string]RunService       // by projects/P/locations/L/services/S
	RunJobs       map[string][]string         // arguments by projects/P/locations/L/jobs/J
	Fields        map[string]*adminpb.Field   // by projects/P/databases/D/collectionGroups/C/fields/F
	Buckets       map[string]bool             // by the name of the bucket

	// Settle is how many calls refuse a new account as a member, because it is not yet
	// known everywhere.
	Settle int

	mu       sync.Mutex
	faults   map[string][]error
	calls    []string
	revision int // of policies and datasets
}

// RunService is a service of Cloud Run.
type RunService struct {
	Status   int    // of its answer at /health
	Ingress  string // who reaches it
	CheckIAM bool   // whether Cloud Run checks the tokens of callers
	Env      map[string]string
}

// Start starts the servers of a project, and sets the environment variables by which
// clients find them. They stop at the end of the test.
func Start(t testing.TB, id string) *Project {
	t.Helper()
	p, env := Serve(t, id)
	for name, value := range env {
		t.Setenv(name, value)
	}
	return p
}

// Serve starts the servers of a project, and returns the environment variables by which
// other processes find them.
func Serve(t testing.TB, id string) (_ *Project, env map[string]string) {
	t.Helper()
	p := &Project{
		ID: id, Secrets: secretstest.New(),
		Topics: map[string]bool{}, Subscriptions: map[string]*pubsubpb.Subscription{}, Jobs: map[string]*schedulerpb.Job{},
		Databases: map[string]*adminpb.Database{}, Indexes: map[string][]*adminpb.Index{},
		Accounts: map[string]*iampb.ServiceAccount{}, Keys: map[string][]*iampb.ServiceAccountKey{},
		Policies: map[string]*policypb.Policy{}, Datasets: map[string]*Dataset{},
		APIs: map[string]bool{}, Services: map[string]RunService{}, RunJobs: map[string][]string{},
		Fields: map[string]*adminpb.Field{}, Buckets: map[string]bool{}, faults: map[string][]error{},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(p.intercept))
	p.register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	web := httptest.NewServer(p.handler())
	t.Cleanup(web.Close)
	env = map[string]string{}
	for _, name := range []string{
		google.PubSubEmulator, google.FirestoreEmulator, google.SecretManagerEmulator,
		google.SchedulerEmulator, google.IAMEmulator, google.ResourceManagerEmulator,
	} {
		env[name] = listener.Addr().String()
	}
	for _, name := range []string{google.BigQueryEmulator, google.ServiceUsageEmulator, google.RunEmulator, google.StorageEmulator} {
		env[name] = strings.TrimPrefix(web.URL, "http://")
	}
	return p, env
}

func (p *Project) register(server *grpc.Server) {
	secretmanagerpb.RegisterSecretManagerServiceServer(server, &secrets{p.Secrets, p})
	resourcemanagerpb.RegisterProjectsServer(server, &projects{p: p})
	policypb.RegisterIAMPolicyServer(server, &policies{p: p})
	iampb.RegisterIAMServer(server, &accounts{p: p})
	pubsubpb.RegisterPublisherServer(server, &publisher{p: p})
	pubsubpb.RegisterSubscriberServer(server, &subscriber{p: p})
	schedulerpb.RegisterCloudSchedulerServer(server, &scheduler{p: p})
	adminpb.RegisterFirestoreAdminServer(server, &firestore{p: p})
}

// Fail lets the next calls of a method fail, each with one of the errors. A method is the
// last word of a gRPC method's name, or the method and the path of an HTTP request, such as
// "PATCH /bigquery/v2/projects/p/datasets/d".
func (p *Project) Fail(method string, errs ...error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[method] = errs
}

// Calls returns the methods that were called, in order, and forgets them.
func (p *Project) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

// enter notes a call, and returns the error it shall fail with. The caller holds p.mu.
func (p *Project) enter(method string) error {
	p.calls = append(p.calls, method)
	errs := p.faults[method]
	if len(errs) == 0 {
		return nil
	}
	p.faults[method] = errs[1:]
	return errs[0]
}

func (p *Project) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.enter(info.FullMethod[strings.LastIndex(info.FullMethod, "/")+1:]); err != nil {
		return nil, err
	}
	return handle(ctx, request)
}

func (p *Project) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /bigquery/v2/projects/{project}/datasets/{dataset}", p.getDataset)
	mux.HandleFunc("PATCH /bigquery/v2/projects/{project}/datasets/{dataset}", p.patchDataset)
	mux.HandleFunc("GET /v1/projects/{project}/services", p.listServices)
	mux.HandleFunc("GET /v2/projects/{project}/locations/{location}/services/{service}", p.getService)
	mux.HandleFunc("GET /v2/projects/{project}/locations/{location}/jobs/{job}", p.getRunJob)
	mux.HandleFunc("GET /storage/v1/b/{bucket}", p.getBucket)
	mux.HandleFunc("GET /storage/v1/b/{bucket}/iam", p.getBucketPolicy)
	mux.HandleFunc("GET /run/{status}/health", p.visit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if err := p.enter(r.Method + " " + r.URL.Path); err != nil {
			fail(w, err)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func notFound(name string) error {
	return status.Errorf(codes.NotFound, "Resource not found (resource=%s).", name)
}

// find returns the resource with a name.
func find[T any](all map[string]T, name string) (T, error) {
	found, ok := all[name]
	if !ok {
		return found, notFound(name)
	}
	return found, nil
}
