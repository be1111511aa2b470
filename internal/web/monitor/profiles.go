// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"net/http"
	"net/http/pprof"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// Profiles adds the profiles of the process to a front: /debug/pprof/ leads to them. They
// show names and texts in the memory of the process, so only administrators may reach the
// front.
func Profiles(f *front.Front) {
	for path, h := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/cmdline": pprof.Cmdline, "/debug/pprof/profile": pprof.Profile,
		"/debug/pprof/symbol": pprof.Symbol, "/debug/pprof/trace": pprof.Trace,
	} {
		f.Handle(path, front.Task, h) // a profile takes as long as its client asks for
	}
}
