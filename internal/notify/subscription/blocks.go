// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
)

// printed is a document that a template prints, and where its text begins in the output.
type printed struct {
	at       int
	document document.Document
}

// maxBlocks is how many documents of a mail stay documents. Each is rendered again after
// the templates ended, so the limits of templates do not bound that time.
const maxBlocks = 100

// blocks returns a document that the template prints next, and notes its place.
func (w *walker) blocks(d document.Document) document.Document {
	if w.out != nil && len(w.printed) < maxBlocks {
		w.printed = append(w.printed, printed{w.out.Len(), d})
	}
	return d
}

// document returns the output as a document: the documents that the templates printed,
// and the text between them as Preformatted. Its plain text is the output.
func (w *walker) document() document.Document {
	output := w.out.String()
	var all document.Document
	done := 0
	add := func(end int) {
		if end > done {
			all = append(all, document.Preformatted(output[done:end]))
		}
	}
	for _, p := range w.printed {
		text := p.document.Text()
		if text == "" || p.at < done || !strings.HasPrefix(output[p.at:], text) {
			continue // the template changed the text, or did not print the document there
		}
		add(p.at)
		all = append(all, p.document...)
		done = p.at + len(text)
	}
	add(len(output))
	return all
}
