// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"sync"
)

//go:embed layout.html components.html notice.html
var ownFiles embed.FS

// templates are the layout and the components themselves.
var templates = Parse(embed.FS{})

// Templates are the templates of a room, which may call the components.
type Templates struct{ parsed func() *template.Template }

// Parse returns the templates in the files *.html of a room, each by the name of its file.
// They are parsed at their first use, so that commands start without them.
func Parse(room fs.FS) Templates {
	return Templates{sync.OnceValue(func() *template.Template {
		t := template.Must(template.New("").Funcs(functions).ParseFS(ownFiles, "*.html"))
		if names, _ := fs.Glob(room, "*.html"); len(names) > 0 {
			template.Must(t.ParseFS(room, "*.html"))
		}
		return t
	})}
}

// Content is a template with its data.
type Content struct {
	from Templates
	name string
	data any
}

// Content returns the template of a name with its data.
func (t Templates) Content(name string, data any) Content { return Content{t, name, data} }

// write executes the template. An error is a mistake in it, because its data has no
// methods that fail.
func (c Content) write(w io.Writer) {
	if err := c.from.parsed().ExecuteTemplate(w, c.name, c.data); err != nil {
		panic(fmt.Errorf("page %s: %w", c.name, err))
	}
}
