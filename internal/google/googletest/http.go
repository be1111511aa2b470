// SPDX-License-Identifier: Apache-2.0

package googletest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	bigquery "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"
	run "google.golang.org/api/run/v2"
	"google.golang.org/api/serviceusage/v1"
	"google.golang.org/api/storage/v1"
)

// Dataset is a dataset of BigQuery.
type Dataset struct {
	Access []*bigquery.DatasetAccess
	Labels map[string]string

	etag int
}

// answer writes a JSON answer.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// fail writes an error as Google's HTTP services do.
func fail(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		e = &googleapi.Error{Code: http.StatusInternalServerError, Message: err.Error()}
	}
	reason := ""
	if len(e.Errors) > 0 {
		reason = e.Errors[0].Reason
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.Code)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"code": e.Code, "message": e.Message, "errors": []map[string]string{{"reason": reason, "message": e.Message}},
	}})
}

// dataset returns the dataset that a request names.
func (p *Project) dataset(w http.ResponseWriter, r *http.Request) *Dataset {
	found := p.Datasets[r.PathValue("dataset")]
	if found == nil || r.PathValue("project") != p.ID {
		fail(w, &googleapi.Error{Code: http.StatusNotFound,
			Message: fmt.Sprintf("Not found: Dataset %s:%s", r.PathValue("project"), r.PathValue("dataset")),
			Errors:  []googleapi.ErrorItem{{Reason: "notFound"}}})
		return nil
	}
	return found
}

func (p *Project) answerDataset(w http.ResponseWriter, r *http.Request, d *Dataset) {
	answer(w, &bigquery.Dataset{
		DatasetReference: &bigquery.DatasetReference{ProjectId: p.ID, DatasetId: r.PathValue("dataset")},
		Access:           d.Access, Labels: d.Labels, Etag: strconv.Itoa(d.etag), Location: "EU",
	})
}

func (p *Project) getDataset(w http.ResponseWriter, r *http.Request) {
	if d := p.dataset(w, r); d != nil {
		p.answerDataset(w, r, d)
	}
}

// patchDataset replaces the access list if the etag is current, and if the accounts in it
// exist.
func (p *Project) patchDataset(w http.ResponseWriter, r *http.Request) {
	d := p.dataset(w, r)
	if d == nil {
		return
	}
	if match := r.Header.Get("If-Match"); match != "" && match != strconv.Itoa(d.etag) {
		fail(w, &googleapi.Error{Code: http.StatusPreconditionFailed, Message: "Precondition check failed.", Errors: []googleapi.ErrorItem{{Reason: "conditionNotMet"}}})
		return
	}
	var change bigquery.Dataset
	if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
		fail(w, &googleapi.Error{Code: http.StatusBadRequest, Message: err.Error()})
		return
	}
	for _, a := range change.Access {
		if a.UserByEmail == "" {
			continue
		}
		if err := p.checkMember("serviceAccount:" + a.UserByEmail); err != nil {
			fail(w, &googleapi.Error{Code: http.StatusBadRequest, Message: err.Error(), Errors: []googleapi.ErrorItem{{Reason: "invalid"}}})
			return
		}
	}
	d.Access = change.Access
	d.etag++
	p.answerDataset(w, r, d)
}

// listServices lists the services of Google that the project has enabled.
func (p *Project) listServices(w http.ResponseWriter, _ *http.Request) {
	var all serviceusage.ListServicesResponse
	for name := range p.APIs {
		all.Services = append(all.Services, &serviceusage.GoogleApiServiceusageV1Service{
			Name: "projects/123/services/" + name, State: "ENABLED",
			Config: &serviceusage.GoogleApiServiceusageV1ServiceConfig{Name: name},
		})
	}
	answer(w, &all)
}

// getService returns a service of Cloud Run.
func (p *Project) getService(w http.ResponseWriter, r *http.Request) {
	name := fmt.Sprintf("projects/%s/locations/%s/services/%s", r.PathValue("project"), r.PathValue("location"), r.PathValue("service"))
	service, ok := p.Services[name]
	if !ok {
		fail(w, &googleapi.Error{Code: http.StatusNotFound, Message: fmt.Sprintf("Resource '%s' was not found", name), Errors: []googleapi.ErrorItem{{Reason: "notFound"}}})
		return
	}
	var env []*run.GoogleCloudRunV2EnvVar
	for name, value := range service.Env {
		env = append(env, &run.GoogleCloudRunV2EnvVar{Name: name, Value: value})
	}
	answer(w, &run.GoogleCloudRunV2Service{
		Name: name, Uri: fmt.Sprintf("http://%s/run/%d", r.Host, service.Status),
		Ingress: service.Ingress, InvokerIamDisabled: !service.CheckIAM,
		Template: &run.GoogleCloudRunV2RevisionTemplate{Containers: []*run.GoogleCloudRunV2Container{{Env: env}}},
	})
}

// getRunJob returns a job of Cloud Run, or its policy.
func (p *Project) getRunJob(w http.ResponseWriter, r *http.Request) {
	job, wantsPolicy := strings.CutSuffix(r.PathValue("job"), ":getIamPolicy")
	name := fmt.Sprintf("projects/%s/locations/%s/jobs/%s", r.PathValue("project"), r.PathValue("location"), job)
	args, ok := p.RunJobs[name]
	switch {
	case !ok:
		fail(w, &googleapi.Error{Code: http.StatusNotFound, Message: fmt.Sprintf("Resource '%s' was not found", name)})
	case wantsPolicy:
		answer(w, p.getPolicy(name))
	default:
		answer(w, &run.GoogleCloudRunV2Job{Name: name, Template: &run.GoogleCloudRunV2ExecutionTemplate{
			Template: &run.GoogleCloudRunV2TaskTemplate{Containers: []*run.GoogleCloudRunV2Container{{Args: args}}},
		}})
	}
}

// hasBucket reports whether the bucket of a request exists, and refuses the request if not.
func (p *Project) hasBucket(w http.ResponseWriter, r *http.Request) bool {
	if !p.Buckets[r.PathValue("bucket")] {
		fail(w, &googleapi.Error{Code: http.StatusNotFound, Message: "The specified bucket does not exist."})
		return false
	}
	return true
}

func (p *Project) getBucket(w http.ResponseWriter, r *http.Request) {
	if p.hasBucket(w, r) {
		answer(w, &storage.Bucket{Name: r.PathValue("bucket")})
	}
}

func (p *Project) getBucketPolicy(w http.ResponseWriter, r *http.Request) {
	if p.hasBucket(w, r) {
		answer(w, p.getPolicy(BucketPolicy(r.PathValue("bucket"))))
	}
}

// BucketPolicy returns the key in Project.Policies of the policy of a bucket.
func BucketPolicy(bucket string) string { return "projects/_/buckets/" + bucket }

// visit answers as a service of Cloud Run.
func (p *Project) visit(w http.ResponseWriter, r *http.Request) {
	status, err := strconv.Atoi(r.PathValue("status"))
	if err != nil {
		status = http.StatusNotFound
	}
	w.WriteHeader(status)
}
