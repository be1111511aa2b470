// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"errors"
)

// Decode validates a report of any version, upgrades it to the latest, and
// returns its objects. The error is an *Error. Its faults have KindUpgrade if the report
// is valid in its version, but the latest version cannot express a value.
//
// For any text, Decode takes at most 6 times its length in memory, and some 2 MiB. A
// report with objects that would take more is a fault of KindSize: such a report has
// thousands of nearly empty objects.
func Decode(text []byte) (*Report, error) { return DecodeContext(context.Background(), text) }

// DecodeContext is Decode, and ends with the context. The error is then the cause of the
// context's end.
func DecodeContext(ctx context.Context, text []byte) (*Report, error) {
	return DecodeFor(ctx, text, nil)
}

// DecodeFor is DecodeContext for a sender that may report objects of some origins only. It
// calls origin with the origin of each object, and with the origin in the object's ID, before
// the first ":". If origin returns false, the object has a fault of KindOrigin. References to
// other objects are not checked. A nil origin allows all.
func DecodeFor(ctx context.Context, text []byte, origin func(name string) bool) (*Report, error) {
	v, err := versionOf(ctx, text)
	if err != nil {
		return nil, err
	}
	_, r, err := decode(ctx, text, v, true, origin)
	return r, err
}

// VersionOf returns the version of a report, which it reads no further than to the version. The
// error is an *Error.
func VersionOf(text []byte) (Version, error) { return versionOf(context.Background(), text) }

// Check returns the number of objects that DecodeContext would return, and the same error.
// It takes the same time, and hardly any memory: at most twice the length of the longest
// string.
func Check(ctx context.Context, text []byte) (objects int, err error) {
	return CheckFor(ctx, text, nil)
}

// CheckFor is Check, and finds the faults that DecodeFor finds.
func CheckFor(ctx context.Context, text []byte, origin func(name string) bool) (objects int, err error) {
	v, err := versionOf(ctx, text)
	if err != nil {
		return 0, err
	}
	d, _, err := decode(ctx, text, v, false, origin)
	if err != nil {
		return 0, err
	}
	return d.objects + d.added(), nil
}

// Validate checks a report against the schema of the version that the report names, and
// for values that databases do not keep (see Kind.OfSchema). It returns nil or an *Error
// with the faults, as Check does.
func Validate(text []byte) error {
	_, err := Count(text)
	return err
}

// Count validates a report and returns the number of its objects. The error is
// an *Error, as that of Validate.
func Count(text []byte) (int, error) {
	ctx := context.Background()
	v, err := versionOf(ctx, text)
	if err != nil {
		return 0, err
	}
	d, _, err := decode(ctx, text, v, false, nil)
	if err != nil && !unfitOnly(err) {
		return 0, err
	}
	return d.objects, nil
}

// validated returns the document of a report if it is valid.
func validated(text []byte) (*Document, *Error) {
	d, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	if root, ok := d.root.(*object); ok {
		version, _ := root.get("version")
		plainNumbers(version)
	}
	return d, d.validate(latest)
}

// unfitOnly reports whether a report is valid and only its upgrade fails.
func unfitOnly(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Faults[0].Kind == KindUpgrade
}

// Upgrade validates a report, and returns it in another version, which must not be older
// than the report's. A report of that version is returned unchanged. The error is an
// *Error, as that of Decode.
func Upgrade(text []byte, to Version) ([]byte, error) {
	d, err := validated(text)
	if err != nil {
		return nil, err
	}
	u, err := d.upgraded(to)
	switch {
	case err != nil:
		return nil, err
	case u == d:
		return text, nil
	}
	return u.JSON(), nil
}
