// SPDX-License-Identifier: Apache-2.0

// Package secretstest has a server for tests that answers as Google's Secret Manager does.
// It knows the calls that this program makes.
package secretstest

import (
	"context"
	"fmt"
	"hash/crc32"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/google"
)

// Server is a Secret Manager. Secrets are named projects/PROJECT/secrets/SECRET.
type Server struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer

	mu       sync.Mutex
	versions map[string][]version // by the name of the secret
	fault    error
	reads    int
}

type version struct {
	data  string
	state secretmanagerpb.SecretVersion_State
}

// Start starts a server, and sets the environment variable by which clients find it. The
// server stops at the end of the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := New()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	secretmanagerpb.RegisterSecretManagerServiceServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	t.Setenv(google.SecretManagerEmulator, listener.Addr().String())
	return s
}

// New returns a server that is not started: register it in a gRPC server.
func New() *Server { return &Server{versions: map[string][]version{}} }

// Create creates a secret without a version.
func (s *Server) Create(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[secret] = nil
}

// Add adds a version to a secret, and creates the secret unless it exists. The first
// version is 1.
func (s *Server) Add(secret, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[secret] = append(s.versions[secret], version{data, secretmanagerpb.SecretVersion_ENABLED})
}

// Has reports whether a secret exists.
func (s *Server) Has(secret string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.versions[secret]
	return ok
}

// Disable disables the latest version of a secret.
func (s *Server) Disable(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.versions[secret]
	all[len(all)-1].state = secretmanagerpb.SecretVersion_DISABLED
}

// Fail lets all calls fail until Fail is called with nil.
func (s *Server) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
}

// Reads returns how many times a secret was asked for.
func (s *Server) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// Denied returns the error of an account without a permission, as Google words it.
func Denied(permission, resource string) error {
	s, err := status.New(codes.PermissionDenied, fmt.Sprintf("Permission '%s' denied for resource '%s' (or it may not exist).", permission, resource)).
		WithDetails(&errdetails.ErrorInfo{
			Reason: "IAM_PERMISSION_DENIED", Domain: "iam.googleapis.com",
			Metadata: map[string]string{"permission": permission, "resource": resource},
		})
	if err != nil {
		return err
	}
	return s.Err()
}

// find returns a version by its name, with its number.
func (s *Server) find(name string) (found version, full string, err error) {
	if s.fault != nil {
		return found, "", s.fault
	}
	secret, number, _ := strings.Cut(name, "/versions/")
	all, known := s.versions[secret]
	if !known {
		return found, "", status.Errorf(codes.NotFound, "Secret [%s] not found or has no versions.", secret)
	}
	n, err := strconv.Atoi(number)
	if number == "latest" {
		n, err = len(all), nil
	}
	if err != nil || n < 1 || n > len(all) {
		return found, "", status.Errorf(codes.NotFound, "Secret Version [%s] not found.", name)
	}
	return all[n-1], fmt.Sprintf("%s/versions/%d", secret, n), nil
}

// AccessSecretVersion returns the data of a version that is enabled.
func (s *Server) AccessSecretVersion(_ context.Context, r *secretmanagerpb.AccessSecretVersionRequest) (*secretmanagerpb.AccessSecretVersionResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	v, name, err := s.find(r.GetName())
	if err != nil {
		return nil, err
	}
	if v.state != secretmanagerpb.SecretVersion_ENABLED {
		return nil, status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in %s state.", name, v.state)
	}
	sum := int64(crc32.Checksum([]byte(v.data), crc32.MakeTable(crc32.Castagnoli)))
	return &secretmanagerpb.AccessSecretVersionResponse{
		Name: name, Payload: &secretmanagerpb.SecretPayload{Data: []byte(v.data), DataCrc32C: &sum},
	}, nil
}

// GetSecretVersion returns a version without its data.
func (s *Server) GetSecretVersion(_ context.Context, r *secretmanagerpb.GetSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, name, err := s.find(r.GetName())
	if err != nil {
		return nil, err
	}
	return &secretmanagerpb.SecretVersion{Name: name, State: v.state}, nil
}

// GetSecret returns a secret without its versions.
func (s *Server) GetSecret(_ context.Context, r *secretmanagerpb.GetSecretRequest) (*secretmanagerpb.Secret, error) {
	if !s.Has(r.GetName()) {
		return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", r.GetName())
	}
	return &secretmanagerpb.Secret{Name: r.GetName()}, nil
}
