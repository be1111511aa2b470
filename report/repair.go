// SPDX-License-Identifier: Apache-2.0

package report

import "unicode/utf8"

// Repair is a repair of a value. It needs no guess.
type Repair struct {
	Kind    RepairKind `json:"kind"`
	List    string     `json:"list,omitempty"`  // the list of its object, "tests"; "" outside of objects
	Index   int        `json:"index,omitempty"` // the object's place in List, from 0
	ID      string     `json:"id,omitempty"`    // the object's ID, if it has an ID
	Pointer string     `json:"pointer"`         // JSON pointer from the report's root; very long names and pointers are cut
	Text    string     `json:"text"`            // the repair, in words
}

// RepairKind is the kind of a repair.
type RepairKind string

// Kinds of repairs. The free texts are comment, description, log_excerpt, command, compiler,
// git_commit_message, report_subject, and all texts in misc, but no names of members.
const (
	RepairNUL       RepairKind = "nul"       // U+FFFD replaced NUL characters in free text
	RepairSurrogate RepairKind = "surrogate" // U+FFFD replaced halves of surrogate pairs in free text
	RepairUTF8      RepairKind = "utf8"      // U+FFFD replaced bytes in free text that are not UTF-8
	RepairMark      RepairKind = "bom"       // a byte order mark before the report was skipped
	RepairNull      RepairKind = "null"      // an optional property with the value null was left out
	RepairTime      RepairKind = "time"      // "T" replaced the blank between date and time of day
)

var freeTexts = map[string]bool{
	"comment": true, "description": true, "log_excerpt": true, "command": true, "compiler": true,
	"git_commit_message": true, "report_subject": true, "misc": true,
}

// MaxRepairs is the number of repairs of a report that Sifted lists.
const MaxRepairs = 100

// String returns the repair as one line, which is safe to print on a terminal:
//
//	tests[3] "ci:t4" at /tests/3/comment: U+FFFD replaced NUL characters: 2
func (r Repair) String() string { return placeText(r.List, r.Index, r.ID, r.Pointer) + r.Text }

// damage is the number of characters in a text that are no text.
type damage struct {
	nuls   int
	halves int // of surrogate pairs, in the three bytes that UTF-8 would have for them
	others int // bytes that are not UTF-8 otherwise
}

// growth returns how many bytes longer the text is with U+FFFD in place of its damage.
func (d damage) growth() int { return (len("\uFFFD") - 1) * (d.nuls + d.others) }

func damageOf(text []byte) (found damage) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == 0:
			found.nuls++
		case r == utf8.RuneError && size == 1 && beginsWithHalf(text):
			found.halves++
			size = len("\uFFFD")
		case r == utf8.RuneError && size == 1:
			found.others++
		}
		text = text[size:]
	}
	return found
}

// appendMended appends a text with U+FFFD in place of its damage.
func appendMended(dst, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == 0:
			r = utf8.RuneError
		case r == utf8.RuneError && size == 1 && beginsWithHalf(text):
			size = len("\uFFFD")
		}
		dst = utf8.AppendRune(dst, r)
		text = text[size:]
	}
	return dst
}

// appendQuotedText appends a text of valid UTF-8 as a JSON string.
func appendQuotedText(dst, text []byte) []byte {
	dst = append(dst, '"')
	for len(text) > 0 {
		n := plainLength(text)
		dst = append(dst, text[:n]...)
		if text = text[n:]; len(text) == 0 {
			break
		}
		if n = highLength(text); n > 0 {
			dst = append(dst, text[:n]...)
			text = text[n:]
		} else {
			dst = appendEscape(dst, text[0])
			text = text[1:]
		}
	}
	return append(dst, '"')
}

// highLength returns the length of the beginning of a text that is beyond ASCII.
func highLength(text []byte) int {
	for i, c := range text {
		if c < utf8.RuneSelf {
			return i
		}
	}
	return len(text)
}

// beginsWithHalf reports whether a text begins with half of a surrogate pair.
func beginsWithHalf(text []byte) bool {
	return len(text) >= 3 && text[0] == 0xED && text[1] >= 0xA0 && text[1] <= 0xBF && text[2]&0xC0 == 0x80
}
