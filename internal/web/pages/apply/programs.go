// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// answer is the answer to a program.
type answer struct {
	Code  string `json:"code,omitempty"`
	Token string `json:"token,omitempty"`
	Error string `json:"error,omitempty"`
}

// request answers POST /origins/request with the parameters name and contact.
func (m *room) request(w http.ResponseWriter, r *http.Request) {
	m.answer(w, r, func() (answer, error) {
		code, err := m.desk.Request(r.Context(), m.client(r), r.PostForm.Get("name"), r.PostForm.Get("contact"))
		return answer{Code: code}, err
	})
}

// token answers POST /origins/token with the parameter code.
func (m *room) token(w http.ResponseWriter, r *http.Request) {
	m.answer(w, r, func() (answer, error) {
		text, err := m.desk.Fetch(r.Context(), r.PostForm.Get("code"))
		return answer{Token: text}, err
	})
}

// answer reads a form, and answers with the result of f.
func (m *room) answer(w http.ResponseWriter, r *http.Request, f func() (answer, error)) {
	err := shell.ReadForm(r, FormPath)
	var a answer
	if err == nil {
		a, err = f()
	}
	status := http.StatusOK
	if err != nil {
		status, a.Error = m.failure(r, err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(a)
}

// failure returns the status of an error, and what a program may know of it.
func (m *room) failure(r *http.Request, err error) (status int, text string) {
	if refusal, is := errors.AsType[*shell.Refusal](err); is {
		return refusal.Status, refusal.Error()
	}
	if f := faultOf(err); f != nil {
		return f.status, f.text
	}
	m.desk.Log.ErrorContext(r.Context(), "a request for a token failed", "error", err)
	return http.StatusInternalServerError, "Internal server error"
}
