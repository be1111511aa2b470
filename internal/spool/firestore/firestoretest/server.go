// SPDX-License-Identifier: Apache-2.0

// Package firestoretest has a Firestore server for tests. It serves the calls that the
// spool makes, and refuses all others. As the real service does, it refuses a query
// without an index in deploy/google/firestore.indexes.json, which Google's emulator does
// not. The suite of the spool runs on both.
package firestoretest

import (
	"context"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Limits of the service.
const (
	maxDocument = 1 << 20
	maxRequest  = 10 << 20
)

// Server is a server in the process of the test. It keeps documents in memory.
type Server struct {
	firestorepb.UnimplementedFirestoreServer
	// Addr is its address as HOST:PORT, for FIRESTORE_EMULATOR_HOST.
	Addr string
	// Fail is called with the name of each call, such as Commit, before and after the
	// call. The call fails with the error that Fail returns. May be nil; set it before
	// the first call.
	Fail func(call string, after bool) error

	indexes *Indexes

	mu        sync.Mutex
	documents map[string]collection // by name of the collection
	last      time.Time             // of the last change
}

// collection has documents by name.
type collection map[string]*firestorepb.Document

// document returns a document, nil if it does not exist.
func (s *Server) document(name string) *firestorepb.Document {
	return s.documents[path.Dir(name)][name]
}

// Start starts a server without documents, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Addr: listener.Addr().String(), indexes: LoadIndexes(t),
		documents: map[string]collection{}, last: time.Now().UTC().Truncate(time.Microsecond),
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxRequest), grpc.UnaryInterceptor(s.unary), grpc.StreamInterceptor(s.stream))
	firestorepb.RegisterFirestoreServer(server, s)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return s
}

// Options returns the options of a client of the server.
func (s *Server) Options() []option.ClientOption { return Options(s.Addr) }

// Options returns the options of a client of a test server.
func Options(addr string) []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(addr), option.WithoutAuthentication(), option.WithTelemetryDisabled(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

// Used returns the indexes that queries needed, as the file has them.
func (s *Server) Used() []string { return s.indexes.used() }

// root returns the folder of the module, which has go.mod.
func root(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no folder above has go.mod")
	return ""
}

func (s *Server) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if err := s.fail(info.FullMethod, false); err != nil {
		return nil, err
	}
	response, err := handler(ctx, request)
	if failed := s.fail(info.FullMethod, true); err == nil && failed != nil {
		return nil, failed
	}
	return response, err
}

func (s *Server) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if err := s.fail(info.FullMethod, false); err != nil {
		return err
	}
	if err := handler(server, stream); err != nil {
		return err
	}
	return s.fail(info.FullMethod, true)
}

func (s *Server) fail(method string, after bool) error {
	if s.Fail == nil {
		return nil
	}
	return s.Fail(filepath.Base(method), after)
}

// BatchGetDocuments returns documents.
func (s *Server) BatchGetDocuments(request *firestorepb.BatchGetDocumentsRequest, stream firestorepb.Firestore_BatchGetDocumentsServer) error {
	if request.ConsistencySelector != nil || request.Mask != nil {
		return status.Error(codes.Unimplemented, "this server has no transactions and no masks of reads")
	}
	s.mu.Lock()
	var responses []*firestorepb.BatchGetDocumentsResponse
	for _, name := range slices.Compact(slices.Sorted(slices.Values(request.Documents))) {
		response := &firestorepb.BatchGetDocumentsResponse{ReadTime: timestamppb.New(s.last)}
		if document := s.document(name); document != nil {
			response.Result = &firestorepb.BatchGetDocumentsResponse_Found{Found: document}
		} else {
			response.Result = &firestorepb.BatchGetDocumentsResponse_Missing{Missing: name}
		}
		responses = append(responses, response)
	}
	s.mu.Unlock()
	return sendAll(stream, responses)
}

// sendAll sends responses. Documents are never changed, only replaced, so sending needs
// no lock.
func sendAll[T any](stream interface{ Send(*T) error }, responses []*T) error {
	for _, response := range responses {
		if err := stream.Send(response); err != nil {
			return err
		}
	}
	return nil
}

// Commit does all writes or none.
func (s *Server) Commit(_ context.Context, request *firestorepb.CommitRequest) (*firestorepb.CommitResponse, error) {
	if len(request.Transaction) > 0 {
		return nil, status.Error(codes.Unimplemented, "this server has no transactions")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.tick()
	changed := map[string]*firestorepb.Document{} // nil: deleted
	response := &firestorepb.CommitResponse{CommitTime: timestamppb.New(now)}
	for _, write := range request.Writes {
		result, err := s.write(changed, write, now)
		if err != nil {
			return nil, err
		}
		response.WriteResults = append(response.WriteResults, result)
	}
	for name, document := range changed {
		in := s.documents[path.Dir(name)]
		switch {
		case document == nil:
			delete(in, name)
		case in == nil:
			s.documents[path.Dir(name)] = collection{name: document}
		default:
			in[name] = document
		}
	}
	return response, nil
}

// tick returns a time that no change has had.
func (s *Server) tick() time.Time {
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Microsecond)
	}
	s.last = now
	return now
}

// write adds a write to what a commit changes.
func (s *Server) write(changed map[string]*firestorepb.Document, write *firestorepb.Write, now time.Time) (*firestorepb.WriteResult, error) {
	name := write.GetDelete()
	if update := write.GetUpdate(); update != nil {
		name = update.Name
	}
	if name == "" || len(write.UpdateTransforms) > 0 {
		return nil, status.Errorf(codes.Unimplemented, "this server has no such write: %v", write)
	}
	before, ok := changed[name]
	if !ok {
		before = s.document(name)
	}
	if err := check(name, before, write.CurrentDocument); err != nil {
		return nil, err
	}
	if write.GetUpdate() == nil {
		changed[name] = nil
		return &firestorepb.WriteResult{UpdateTime: timestamppb.New(now)}, nil
	}
	after := &firestorepb.Document{Name: name, CreateTime: timestamppb.New(now), UpdateTime: timestamppb.New(now), Fields: write.GetUpdate().Fields}
	if before != nil {
		after.CreateTime = before.CreateTime
		if write.UpdateMask != nil {
			after.Fields = merge(before.Fields, after.Fields, write.UpdateMask.FieldPaths)
		}
		if sameFields(before, after) {
			after.UpdateTime = before.UpdateTime // as the service does
		}
	}
	if size := proto.Size(after); size > maxDocument {
		return nil, status.Errorf(codes.InvalidArgument, "Document %q cannot be written because its size (%d bytes) exceeds the maximum allowed size of %d bytes.", name, size, maxDocument)
	}
	changed[name] = after
	return &firestorepb.WriteResult{UpdateTime: after.UpdateTime}, nil
}

// check returns an error if a precondition does not hold.
func check(name string, before *firestorepb.Document, p *firestorepb.Precondition) error {
	switch want := p.GetConditionType().(type) {
	case *firestorepb.Precondition_Exists:
		if want.Exists && before == nil {
			return status.Errorf(codes.NotFound, "No document to update: %s", name)
		}
		if !want.Exists && before != nil {
			return status.Errorf(codes.AlreadyExists, "Document already exists: %s", name)
		}
	case *firestorepb.Precondition_UpdateTime:
		if before == nil || !before.UpdateTime.AsTime().Equal(want.UpdateTime.AsTime()) {
			return status.Errorf(codes.FailedPrecondition, "the stored version of %s does not match the required base version", name)
		}
	}
	return nil
}

// merge returns the fields of a document with those that a mask names replaced.
func merge(before, update map[string]*firestorepb.Value, mask []string) map[string]*firestorepb.Value {
	fields := make(map[string]*firestorepb.Value, len(before))
	for name, value := range before {
		fields[name] = value
	}
	for _, name := range mask {
		if value, ok := update[name]; ok {
			fields[name] = value
		} else {
			delete(fields, name)
		}
	}
	return fields
}

func sameFields(a, b *firestorepb.Document) bool {
	return proto.Equal(&firestorepb.Document{Fields: a.Fields}, &firestorepb.Document{Fields: b.Fields})
}

// RunQuery returns the documents of a query.
func (s *Server) RunQuery(request *firestorepb.RunQueryRequest, stream firestorepb.Firestore_RunQueryServer) error {
	if request.ConsistencySelector != nil {
		return status.Error(codes.Unimplemented, "this server has no transactions")
	}
	found, at, err := s.run(request.Parent, request.GetStructuredQuery())
	if err != nil {
		return err
	}
	responses := []*firestorepb.RunQueryResponse{{ReadTime: timestamppb.New(at)}}
	for _, document := range found {
		responses = append(responses, &firestorepb.RunQueryResponse{Document: document, ReadTime: timestamppb.New(at)})
	}
	return sendAll(stream, responses)
}

// RunAggregationQuery counts the documents of a query.
func (s *Server) RunAggregationQuery(request *firestorepb.RunAggregationQueryRequest, stream firestorepb.Firestore_RunAggregationQueryServer) error {
	aggregation := request.GetStructuredAggregationQuery()
	found, at, err := s.run(request.Parent, aggregation.GetStructuredQuery())
	if err != nil {
		return err
	}
	result := &firestorepb.AggregationResult{AggregateFields: map[string]*firestorepb.Value{}}
	for _, a := range aggregation.Aggregations {
		if a.GetCount() == nil {
			return status.Error(codes.Unimplemented, "this server only counts")
		}
		result.AggregateFields[a.Alias] = &firestorepb.Value{ValueType: &firestorepb.Value_IntegerValue{IntegerValue: int64(len(found))}}
	}
	return stream.Send(&firestorepb.RunAggregationQueryResponse{Result: result, ReadTime: timestamppb.New(at)})
}

// run returns the documents of a query in its order, and the time of the last change.
func (s *Server) run(parent string, q *firestorepb.StructuredQuery) ([]*firestorepb.Document, time.Time, error) {
	plan, err := planOf(parent, q)
	if err == nil {
		err = s.indexes.check(plan)
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*firestorepb.Document
	for _, document := range s.documents[plan.path] {
		if plan.matches(document) {
			found = append(found, document)
		}
	}
	slices.SortFunc(found, plan.compare)
	if q.Limit != nil && len(found) > int(q.Limit.Value) {
		found = found[:q.Limit.Value]
	}
	return found, s.last, nil
}
