// SPDX-License-Identifier: Apache-2.0

package eventually_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// recorder is a test that fails without failing this one.
type recorder struct {
	testing.TB
	failure string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure runs f as a test, and returns how it fails and how long it takes.
func failure(f func(t testing.TB)) (text string, took time.Duration) {
	r, begin, done := &recorder{}, time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r.failure, time.Since(begin)
}

func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := time.Now().Add(time.Minute)
		isReady := func() bool { return !time.Now().Before(ready) }
		if text, took := failure(func(t testing.TB) { eventually.True(t, "ready", isReady) }); text != "" || took > 61*time.Second {
			t.Errorf("failed with %q after %v", text, took)
		}
		if text, took := failure(func(t testing.TB) { eventually.True(t, "ready", isReady) }); text != "" || took > 0 {
			t.Errorf("failed with %q after %v, although it was true at once", text, took)
		}
	})
}

func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for want, wait := range map[string]func(t testing.TB){
			"not within 2m0s: ready":     func(t testing.TB) { eventually.True(t, "ready", func() bool { return false }) },
			"not within 2m0s: no leader": func(t testing.TB) { eventually.Succeeds(t, func() error { return errors.New("no leader") }) },
		} {
			if text, took := failure(wait); text != want || took > 121*time.Second {
				t.Errorf("failed with %q after %v, want %q", text, took, want)
			}
		}
	})
}
