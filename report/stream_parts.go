// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
)

// Parts returns the reports of the stream, upgraded to the latest version, in parts of at
// most most objects. Each part is a report.
//
// Parts cuts a report while it reads it, without the whole report in memory, if the first
// member of the report is a version 5.x. It reads and returns other reports as a whole. It
// returns each part as soon as the part is valid. The first error ends the iteration, and
// states whether parts of the same report came before.
func (d *Reader) Parts(most int) iter.Seq2[*Report, error] {
	return func(yield func(*Report, error) bool) {
		for {
			_, err := d.begin()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			begin := d.position()
			minor, ok := d.head()
			if !ok {
				d.values--
				r, err := d.report()
				if !yield(r, err) || err != nil {
					return
				}
				continue
			}
			p := parts{Reader: d, decoder: newDecoder(nil, Version{latest.Major, minor}), most: max(most, 1), yield: yield}
			if err := p.read(begin); err != nil {
				if err != errStopped {
					yield(nil, err)
				}
				return
			}
		}
	}
}

// headSize is the length in which the version of a report is searched.
const headSize = 1 << 10

// head steps behind the first member of a report if that is a version 5.x, and returns the
// minor number. Otherwise it does not move.
func (d *Reader) head() (minor int, ok bool) {
	for len(d.buf)-d.start < headSize && d.fill() == nil {
	}
	head := d.buf[d.start:min(len(d.buf), d.start+headSize)]
	if head[0] != '{' {
		return 0, false
	}
	const name = `"version"`
	pos := spaces(head, 1)
	if !bytes.HasPrefix(head[pos:], []byte(name)) {
		return 0, false
	}
	pos = spaces(head, pos+len(name))
	if pos == len(head) || head[pos] != ':' {
		return 0, false
	}
	pos = spaces(head, pos+1)
	value, end, ok := skim(head, pos)
	if !ok {
		return 0, false
	}
	v, ok := plainVersion(value)
	if !ok || v.Major != latest.Major || !slices.Contains(versions, v) {
		return 0, false
	}
	d.start += end
	return v.Minor, true
}

// parts splits one report.
type parts struct {
	*Reader
	decoder *decoder
	members members[Report]
	most    int
	yield   func(*Report, error) bool
	given   int // the number of objects yielded
}

// errStopped ends the reading of a report because the caller wants no more parts.
var errStopped = fmt.Errorf("stopped")

// read reads the report that begins at a position, after its first member.
func (p *parts) read(begin int64) error {
	number := p.values
	err := p.object()
	if err == nil {
		err = p.yieldObjects()
	}
	switch {
	case err == nil || err == errStopped || err == p.failed && p.given == 0:
		return err
	case p.given == 0:
		return fmt.Errorf("report %d, at byte %d of the stream: %w", number, begin, err)
	}
	return fmt.Errorf("report %d, after its first %d objects were read: %w", number, p.given, err)
}

// object reads the members after the first one, the version.
func (p *parts) object() error {
	p.members = members[Report]{d: p.decoder, shape: p.decoder.shapes.report, to: new(Report), seen: 1 << p.decoder.shapes.report.index["version"]}
	p.decoder.path = []step{{}}
	for {
		more, err := p.nextItem('}')
		if err != nil || !more {
			return err
		}
		if err := p.member(); err != nil {
			return err
		}
	}
}

// nextItem moves behind a comma or a closing bracket and reports whether it was
// the comma.
func (p *parts) nextItem(closing byte) (bool, error) {
	c, err := p.next()
	switch {
	case err == nil && c == ',':
		p.start++
		return true, nil
	case err == nil && c == closing:
		p.start++
		return false, nil
	}
	return false, p.broken(err, fmt.Sprintf(`"," or %q`, string(closing)))
}

// broken returns the error for a stream that does not continue as expected.
func (p *parts) broken(err error, expected string) error {
	if err != nil && err != io.EOF {
		return err
	}
	return p.fail(expected)
}

// expect moves behind a character that must come next.
func (p *parts) expect(c byte, expected string) error {
	if got, err := p.next(); err != nil || got != c {
		return p.broken(err, expected)
	}
	return nil
}

// member reads one member: a list object by object, anything else at once.
func (p *parts) member() error {
	if err := p.expect('"', "a member's name in double quotes"); err != nil {
		return err
	}
	var i int
	var known bool
	err := p.decode(func() {
		name := bytes.Clone(p.decoder.bareName()) // the buffer will be overwritten
		p.decoder.path[0].name = name
		i, known = p.members.indexOf(name)
	})
	if err != nil {
		return err
	}
	if err := p.expect(':', `":"`); err != nil {
		return err
	}
	p.start++
	c, err := p.next()
	if err != nil {
		return p.broken(err, "a JSON value")
	}
	if known && c == '[' {
		if list, ok := objectLists[p.decoder.shapes.report.properties[i].name]; ok {
			p.members.markRead(i)
			return p.list(list)
		}
	}
	return p.decode(func() { p.members.value(i, known) })
}

// list reads the objects of a list.
func (p *parts) list(list anyList) error {
	p.start++
	list.setPresent(p.members.to)
	path := append(p.decoder.path, step{})
	if c, err := p.next(); err == nil && c == ']' {
		p.start++
		return nil
	}
	for i := 0; ; i++ {
		if p.members.to.Count() == p.most {
			if err := p.yieldObjects(); err != nil {
				return err
			}
		}
		if _, err := p.next(); err != nil {
			return p.broken(err, "a JSON value")
		}
		path[1] = step{index: i}
		p.decoder.path = path
		if err := p.decode(func() { list.readNext(p.decoder, p.members.to) }); err != nil {
			return err
		}
		more, err := p.nextItem(']')
		if err != nil || !more {
			p.decoder.path = path[:1]
			return err
		}
	}
}

// decode calls read, which reads the next value of the stream with the
// decoder.
func (p *parts) decode(read func()) (err error) {
	text, err := p.value()
	if err != nil {
		return err
	}
	d := p.decoder
	d.text, d.pos, d.offset = text, 0, p.position()-int64(len(text))
	var broken *Error
	func() {
		defer catch(&broken)
		read()
		d.end()
	}()
	if broken != nil {
		return broken
	}
	return nil
}

// yieldObjects yields the objects read since the last call.
func (p *parts) yieldObjects() error {
	if err := p.decoder.err(); err != nil {
		return err
	}
	r := p.members.to
	p.given += r.Count()
	p.members.to = new(Report)
	if !p.yield(r, nil) {
		return errStopped
	}
	return nil
}
