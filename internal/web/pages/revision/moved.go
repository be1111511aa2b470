// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"fmt"
	"math"
	"strings"

	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// movedNumber is a number that differs between the revisions, as texts.
type movedNumber struct{ Path, URL, Where, Before, After, Change string }

// Numbers are the numbers that moved, the greatest changes first.
func (c *comparison) Numbers() (all []movedNumber) {
	for i := range c.Moved[:min(maxCompared, len(c.Moved))] {
		m := &c.Moved[i]
		all = append(all, movedNumber{
			Path: m.Path, URL: shell.TestURL(m.ID), Where: shell.Line(strings.Join(strings.Fields(m.Platform+" "+m.Architecture+" "+m.Config+" "+m.Compiler), " ")),
			Before: shell.Measured(m.Before, m.Unit), After: shell.Measured(m.After, m.Unit), Change: percent(m.Change()),
		})
	}
	return all
}

// MovedText says how many numbers moved.
func (c *comparison) MovedText() string {
	return fmt.Sprintf("%s of %s, by more than 3 %%", shell.Grouped(int64(len(c.Moved))), shell.Grouped(int64(c.Measured)))
}

// percent returns a share with its sign, such as "+7.2 %".
func percent(share float64) string {
	if math.IsInf(share, 0) {
		return "from 0"
	}
	return strings.Replace(fmt.Sprintf("%+.1f %%", 100*share), "-", "−", 1)
}
