// SPDX-License-Identifier: Apache-2.0

// Package pubsubtest starts Pub/Sub servers for tests.
package pubsubtest

import (
	"net"
	"sync"
	"testing"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
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
	srv := grpc.NewServer(grpc.MaxRecvMsgSize(maxRequest))
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
