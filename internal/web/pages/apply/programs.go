// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"encoding/json"
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
	a, err := answer{}, shell.ReadForm(r, FormPath)
	status := http.StatusBadRequest
	if err == nil {
		status = http.StatusOK
		a, err = f()
	}
	if err != nil {
		a.Error = "Internal server error"
		if known := faultOf(err); known != nil {
			status, a.Error = known.status, known.text
		} else if status == http.StatusBadRequest {
			a.Error = err.Error()
		} else {
			status = http.StatusInternalServerError
			m.desk.Log.ErrorContext(r.Context(), "a request for a token failed", "error", err)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(a)
}
