// SPDX-License-Identifier: Apache-2.0

// Package pubsubtest starts Pub/Sub servers for tests.
package pubsubtest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// Server is a Pub/Sub server. It has no topics at first. Any project exists.
type Server struct {
	// Address is its HOST:PORT, as for PUBSUB_EMULATOR_HOST.
	Address string
	// Fake is the server in this process, nil for Google's emulator.
	Fake *pstest.Server
}

// Options returns the options of a client of the server.
func (s *Server) Options() []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(s.Address), option.WithoutAuthentication(), option.WithTelemetryDisabled(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

// maxRequest is the largest request that the fake takes: Pub/Sub takes 10 MB, and a gRPC
// server 4 MiB by default.
const maxRequest = 20 << 20

// shortDeadlines lets subscriptions have deadlines that Pub/Sub does not allow, so that
// tests need not wait for 10 seconds.
var shortDeadlines = sync.OnceFunc(func() { pstest.SetMinAckDeadline(time.Second) })

// Start starts a server in this process, with Google's fake. It ends with the test.
func Start(t testing.TB, reactors ...pstest.ServerReactorOption) *Server {
	t.Helper()
	shortDeadlines()
	fake := pstest.NewServer(reactors...)
	t.Cleanup(func() { _ = fake.Close() })
	return serve(t, fake)
}

// Publisher returns a server with the same topics, whose callers have
// roles/pubsub.publisher: it refuses all calls but Publish.
func (s *Server) Publisher(t testing.TB) *Server {
	t.Helper()
	refuse := func(method string) error {
		return status.Errorf(codes.PermissionDenied, "User not authorized to perform this action: %s.", method)
	}
	return serve(t, s.Fake,
		grpc.UnaryInterceptor(func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			if info.FullMethod != pb.Publisher_Publish_FullMethodName {
				return nil, refuse(info.FullMethod)
			}
			return handle(ctx, request)
		}),
		grpc.StreamInterceptor(func(_ any, _ grpc.ServerStream, info *grpc.StreamServerInfo, _ grpc.StreamHandler) error {
			return refuse(info.FullMethod)
		}))
}

// serve serves a fake at an address of its own. It ends with the test.
func serve(t testing.TB, fake *pstest.Server, options ...grpc.ServerOption) *Server {
	t.Helper()
	srv := grpc.NewServer(append(options, grpc.MaxRecvMsgSize(maxRequest))...)
	pb.RegisterPublisherServer(srv, &fake.GServer)
	pb.RegisterSubscriberServer(srv, &fake.GServer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	go func() { _ = srv.Serve(listener) }()
	return &Server{Address: listener.Addr().String(), Fake: fake}
}
