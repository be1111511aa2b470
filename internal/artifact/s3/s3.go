// SPDX-License-Identifier: Apache-2.0

// Package s3 keeps the files of an artifact store in a bucket of Amazon S3, or of another
// server with its interface.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/kcidb-go/kcidb/internal/artifact"
)

// Bucket is a bucket, or the part of it below a prefix.
type Bucket struct {
	client       *s3.Client
	name, prefix string
}

// Open returns the bucket that a URL names: s3://BUCKET/PREFIX?endpoint=URL&region=NAME&path_style=true.
// It does not connect yet. The keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,
// or else from the role of the virtual machine.
func Open(spec string) (*Bucket, error) {
	u, err := url.Parse(spec)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("s3: the specification is s3://BUCKET/PREFIX?endpoint=URL&region=NAME&path_style=true")
	}
	o := s3.Options{
		Region:      "us-east-1",
		Credentials: aws.NewCredentialsCache(keys()),
		// Other servers do not know the checksums that Amazon's client sends by default.
		// The digest of a content is a better one.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if region := os.Getenv("AWS_REGION"); region != "" {
		o.Region = region
	}
	for name, values := range u.Query() {
		switch value := values[0]; name {
		case "endpoint":
			o.BaseEndpoint = &value
		case "region":
			o.Region = value
		case "path_style":
			if o.UsePathStyle, err = strconv.ParseBool(value); err != nil {
				return nil, errors.New("s3: path_style is neither true nor false")
			}
		default:
			return nil, fmt.Errorf("s3: no parameter %q: the parameters are endpoint, region and path_style", name)
		}
	}
	prefix := strings.Trim(u.Path, "/")
	if prefix != "" {
		prefix += "/"
	}
	return &Bucket{s3.New(o), u.Host, prefix}, nil
}

// keys returns where the keys of the account come from.
func keys() aws.CredentialsProvider {
	if id := os.Getenv("AWS_ACCESS_KEY_ID"); id != "" {
		return credentials.NewStaticCredentialsProvider(id, os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN"))
	}
	return ec2rolecreds.New()
}

// key returns the key of a file.
func (b *Bucket) key(name string) *string { return aws.String(b.prefix + name) }

// Write sends the files, several at a time.
func (b *Bucket) Write(ctx context.Context, files []artifact.File) error {
	return artifact.WriteEach(ctx, files, func(ctx context.Context, f artifact.File) error {
		_, err := b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: b.key(f.Name), Body: bytes.NewReader(f.Data)})
		return b.meaning(err)
	})
}

// Read returns a file.
func (b *Bucket) Read(ctx context.Context, name string) (io.ReadCloser, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: b.key(name)})
	if err != nil {
		return nil, b.meaning(err)
	}
	return artifact.Body{ReadCloser: out.Body}, nil
}

// Stat describes a file.
func (b *Bucket) Stat(ctx context.Context, name string) (artifact.Info, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: b.key(name)})
	if err != nil {
		return artifact.Info{}, b.meaning(err)
	}
	return artifact.Info{Name: name, Bytes: aws.ToInt64(out.ContentLength), Modified: aws.ToTime(out.LastModified)}, nil
}

// List reads pages of a thousand files.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[artifact.Info, error] {
	return func(yield func(artifact.Info, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: b.key(prefix)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(artifact.Info{}, b.meaning(err))
				return
			}
			for _, o := range page.Contents {
				name := strings.TrimPrefix(aws.ToString(o.Key), b.prefix)
				if !yield(artifact.Info{Name: name, Bytes: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified)}, nil) {
					return
				}
			}
		}
	}
}

// Delete removes a file.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: b.key(name)})
	if err = b.meaning(err); errors.Is(err, artifact.ErrNotFound) {
		return nil
	}
	return err
}

// Close does nothing: connections end by themselves.
func (b *Bucket) Close() error { return nil }

// meanings are the meanings of the codes of S3.
var meanings = map[string]error{
	"NoSuchKey": artifact.ErrNotFound, "NotFound": artifact.ErrNotFound,
	"NoSuchBucket": artifact.ErrMissing, "PermanentRedirect": artifact.ErrMissing,
	"AccessDenied": artifact.ErrForbidden, "Forbidden": artifact.ErrForbidden,
	"InvalidAccessKeyId": artifact.ErrForbidden, "SignatureDoesNotMatch": artifact.ErrForbidden,
	"ExpiredToken": artifact.ErrForbidden, "InvalidToken": artifact.ErrForbidden,
	"QuotaExceeded": artifact.ErrFull, "XMinioStorageFull": artifact.ErrFull,
	"SlowDown": artifact.ErrUnavailable, "RequestTimeout": artifact.ErrUnavailable,
}

// meaning returns an error of the server with its meaning.
func (b *Bucket) meaning(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var means error
	code, isCode := errors.AsType[smithy.APIError](err)
	if isCode {
		means = meanings[code.ErrorCode()]
	}
	status := 0 // of HTTP; 0 if there was no answer
	if answer, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		status = answer.HTTPStatusCode()
	}
	_, isNetwork := errors.AsType[net.Error](err)
	switch {
	case means != nil:
	case status == http.StatusInsufficientStorage:
		means = artifact.ErrFull
	case status >= 500, status == 0 && isNetwork:
		means = artifact.ErrUnavailable
	case status == http.StatusForbidden:
		means = artifact.ErrForbidden
	default:
		return fmt.Errorf("s3://%s: %w", b.name, err)
	}
	return fmt.Errorf("s3://%s: %w: %w", b.name, means, err)
}
