// SPDX-License-Identifier: Apache-2.0

// Package google has what the drivers for Google Cloud share: how a client finds its
// server, its credentials and its project, and what an error of a service means.
//
// A client uses the application default credentials: the key file that
// GOOGLE_APPLICATION_CREDENTIALS names, the credentials of "gcloud auth
// application-default login", or those of the machine in Google Cloud. If an
// environment variable of a test server is set, the client talks to that server, and
// uses no credentials.
package google

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cloud.google.com/go/auth/credentials"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Environment variables that name test servers as HOST:PORT.
const (
	PubSubEmulator          = "PUBSUB_EMULATOR_HOST"
	FirestoreEmulator       = "FIRESTORE_EMULATOR_HOST"
	BigQueryEmulator        = "BIGQUERY_EMULATOR_HOST"         // HTTP
	BigQueryStorageEmulator = "BIGQUERY_STORAGE_EMULATOR_HOST" // gRPC
	SecretManagerEmulator   = "SECRET_MANAGER_EMULATOR_HOST"
	SchedulerEmulator       = "CLOUD_SCHEDULER_EMULATOR_HOST"
	IAMEmulator             = "IAM_EMULATOR_HOST"
	ResourceManagerEmulator = "RESOURCE_MANAGER_EMULATOR_HOST"
	ServiceUsageEmulator    = "SERVICE_USAGE_EMULATOR_HOST" // HTTP
	RunEmulator             = "CLOUD_RUN_EMULATOR_HOST"     // HTTP
	StorageEmulator         = "STORAGE_EMULATOR_HOST"       // HTTP
)

// userAgent names this program to the services.
const userAgent = "kcidb-go"

// scope is what the credentials are asked for. Roles say what an account may do.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// GRPC returns the options of a client that speaks gRPC. The test server is the one that
// the environment variable names, if it is set.
func GRPC(emulator string) []option.ClientOption {
	host := os.Getenv(emulator)
	if host == "" {
		return []option.ClientOption{option.WithUserAgent(userAgent)}
	}
	return []option.ClientOption{
		option.WithEndpoint(host), option.WithoutAuthentication(), option.WithTelemetryDisabled(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

// HTTP returns the options of a client that speaks HTTP. The test server is the one that
// the environment variable names, if it is set, and path is the path of the service
// there, such as /bigquery/v2/.
func HTTP(emulator, path string) []option.ClientOption {
	host := os.Getenv(emulator)
	if host == "" {
		return []option.ClientOption{option.WithUserAgent(userAgent)}
	}
	return []option.ClientOption{option.WithEndpoint("http://" + host + path), option.WithoutAuthentication(), option.WithTelemetryDisabled()}
}

// Project returns the default project: GOOGLE_CLOUD_PROJECT, or the project of the
// application default credentials.
func Project(ctx context.Context) (string, error) {
	if project := os.Getenv("GOOGLE_CLOUD_PROJECT"); project != "" {
		return project, nil
	}
	found, err := credentials.DetectDefault(&credentials.DetectOptions{Scopes: []string{scope}})
	if err != nil {
		return "", Explain(err)
	}
	project, err := found.ProjectID(ctx)
	switch {
	case err != nil:
		return "", fmt.Errorf("project of the credentials: %w", Explain(err))
	case project == "":
		return "", errors.New("the credentials name no Google Cloud project: name the project in the specification, or set GOOGLE_CLOUD_PROJECT")
	}
	return project, nil
}
