// SPDX-License-Identifier: Apache-2.0

package store

import (
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Platforms tells the platforms that environments name. It remembers them, for
// the same few environments come again and again.
type Platforms struct{ of map[string]string }

// platformsKept is how many environments are remembered.
const platformsKept = 1000

// Of returns the member "platform" of an environment's free object, "" where it
// is no string.
func (p *Platforms) Of(misc []byte) string {
	if misc == nil {
		return ""
	}
	if platform, ok := p.of[string(misc)]; ok {
		return platform
	}
	if len(p.of)%platformsKept == 0 {
		p.of = make(map[string]string)
	}
	platform := platformOf(misc)
	p.of[string(misc)] = platform
	return platform
}

func platformOf(misc []byte) (platform string) {
	var object struct {
		Platform jsontext.Value `json:"platform"`
	}
	if jsonv2.Unmarshal(misc, &object) != nil || object.Platform.Kind() != '"' {
		return ""
	}
	if jsonv2.Unmarshal(object.Platform, &platform) != nil {
		return ""
	}
	return platform
}
