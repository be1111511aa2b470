// SPDX-License-Identifier: Apache-2.0

package googletest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	bigquery "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"
	run "google.golang.org/api/run/v2"
	"google.golang.org/api/serviceusage/v1"
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
	answer(w, &run.GoogleCloudRunV2Service{
		Name: name, Uri: fmt.Sprintf("http://%s/run/%d", r.Host, service.Status),
		Ingress: service.Ingress, InvokerIamDisabled: !service.CheckIAM,
	})
}

// visit answers as a service of Cloud Run.
func (p *Project) visit(w http.ResponseWriter, r *http.Request) {
	status, err := strconv.Atoi(r.PathValue("status"))
	if err != nil {
		status = http.StatusNotFound
	}
	w.WriteHeader(status)
}
