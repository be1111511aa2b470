// SPDX-License-Identifier: Apache-2.0

package traces

import "testing"

// TestOffCostsNothing: without traces, a span allocates nothing.
func TestOffCostsNothing(t *testing.T) {
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		_, span := Within(ctx, "publish")
		span.End()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestCheck(t *testing.T) {
	for url, valid := range map[string]bool{
		"http://127.0.0.1:4318": true, "https://collector.example.org/otlp": true, "127.0.0.1:4318": false, "https://user:password@host": false, "grpc://host": false,
	} {
		if err := Check(url); (err == nil) != valid {
			t.Errorf("%s: %v", url, err)
		}
	}
}
