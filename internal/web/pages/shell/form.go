// SPDX-License-Identifier: Apache-2.0

package shell

import "net/http"

// maxForm is the most bytes of a form that ReadForm reads.
const maxForm = 16 << 10

// ReadForm reads the form of a request into r.PostForm. It returns a Refusal if a page of
// another site sent the form, or if the form is too long. path is where readers find the form.
func ReadForm(r *http.Request, path string) error {
	if new(http.CrossOriginProtection).Check(r) != nil {
		return &Refusal{Status: http.StatusForbidden, Title: "The form came from another site",
			Help: "Nothing was changed. Only the pages of this service may send its forms. Open the form here, at " + path + "."}
	}
	r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return &Refusal{Status: http.StatusBadRequest, Title: "The form cannot be read", Help: "Nothing was changed. Open the form again at " + path + "."}
	}
	return nil
}
