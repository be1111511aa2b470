// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNotShown(t *testing.T) {
	var log strings.Builder
	config := struct{ Key, None Text }{Key: "hunter2"}
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "key", config.Key, "config", config)
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{log.String(), string(text), fmt.Sprint(config), fmt.Sprintf("%#v %+v %q %s", config, config, config.Key, config.Key),
		fmt.Sprintf("%d %t", any(config.Key), any(&config)), fmt.Sprintf("%x %X %s", config.Key, config.Key, config.Key)} {
		if strings.Contains(shown, "hunter2") || !strings.Contains(shown, placeholder) {
			t.Errorf("shows: %s", shown)
		}
	}
}
