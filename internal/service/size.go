// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. Its text may have a unit: 512MiB.
type Size int64

var sizeUnits = []struct {
	name  string
	bytes Size
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

// String returns the size with the largest unit that needs no fraction.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s%u.bytes == 0 && s != 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.name
		}
	}
	return "0"
}

// Set reads a size. With Type it makes a Size the value of a flag.
func (s *Size) Set(text string) error {
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || Size(n) > math.MaxInt64/u.bytes {
			break
		}
		*s = Size(n) * u.bytes
		return nil
	}
	return fmt.Errorf("%q is not a number of bytes, such as 1048576 or 512MiB (KiB, MiB, GiB)", text)
}

// Type returns the name of a flag's argument.
func (*Size) Type() string { return "SIZE" }
