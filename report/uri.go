// SPDX-License-Identifier: Apache-2.0

package report

// validURI reports whether s is a URI of RFC 3986: any scheme, followed by
// anything or nothing. It is the format "uri" of the schemas.
func validURI[T text](s T) bool {
	s = cutNewline(s)
	n := span(s, classScheme)
	if n == 0 || n == len(s) || s[n] != ':' || charClass[s[0]]&classAlpha == 0 {
		return false
	}
	s = s[n+1:]
	if len(s) >= 2 && s[0] == '/' && s[1] == '/' {
		end := 2
		for end < len(s) && s[end] != '/' && s[end] != '?' && s[end] != '#' {
			end++
		}
		if !validAuthority(s[2:end]) {
			return false
		}
		s = s[end:]
	}
	s = s[spanURI(s, ":@/"):]
	if len(s) > 0 && s[0] == '?' {
		s = s[1+spanURI(s[1:], ":@/?"):]
	}
	if len(s) > 0 && s[0] == '#' {
		s = s[1+spanURI(s[1:], ":@/?"):]
	}
	return len(s) == 0
}

// spanURI returns the number of leading characters of s that are unreserved,
// percent-encoded, sub-delims, or in also.
func spanURI[T text](s T, also string) int {
	i := 0
	for i < len(s) {
		c := s[i]
		switch {
		case charClass[c]&classURIName != 0 || contains(also, c):
			i++
		case c == '%' && i+2 < len(s) && span(s[i+1:i+3], classHex) == 2:
			i += 3
		default:
			return i
		}
	}
	return i
}

// validAuthority matches [ userinfo "@" ] host [ ":" port ]
func validAuthority[T text](s T) bool {
	if at := indexByte(s, '@'); at >= 0 {
		if spanURI(s[:at], ":") != at {
			return false
		}
		s = s[at+1:]
	}
	if len(s) > 0 && s[0] == '[' {
		end := indexByte(s, ']')
		if end < 0 || !validIPv6(s[1:end]) && !validIPvFuture(s[1:end]) {
			return false
		}
		s = s[end+1:]
	} else {
		s = s[spanURI(s, ""):]
	}
	if len(s) > 0 && s[0] == ':' {
		s = s[1+span(s[1:], classDigit):]
	}
	return len(s) == 0
}

// validIPvFuture matches "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
func validIPvFuture[T text](s T) bool {
	if len(s) == 0 || s[0] != 'v' {
		return false
	}
	s = s[1:]
	n := span(s, classHex)
	if n == 0 || n == len(s) || s[n] != '.' {
		return false
	}
	s = s[n+1:]
	for i := range len(s) {
		if charClass[s[i]]&classURIName == 0 && s[i] != ':' {
			return false
		}
	}
	return len(s) > 0
}

// validIPv6 matches an IPv6 address: eight groups, or up to seven and one
// "::"; the last two may be an IPv4 address.
func validIPv6[T text](s T) bool {
	groups, gap := 0, false
	if len(s) >= 2 && s[0] == ':' && s[1] == ':' {
		gap, s = true, s[2:]
	}
	for len(s) > 0 {
		n := span(s, classHex)
		switch {
		case n < len(s) && s[n] == '.':
			return validIPv4(s) && (groups == 6 && !gap || groups <= 5 && gap)
		case n < 1 || n > 4:
			return false
		}
		groups++
		s = s[n:]
		if len(s) == 0 {
			break
		}
		if s[0] != ':' || len(s) == 1 {
			return false
		}
		s = s[1:]
		if s[0] == ':' {
			if gap {
				return false
			}
			gap, s = true, s[1:]
		}
	}
	return groups == 8 && !gap || groups <= 7 && gap
}

// validIPv4 matches four numbers from 0 to 255 of one to three digits, leading
// zeros included, joined by full stops.
func validIPv4[T text](s T) bool {
	for part := range 4 {
		n := span(s, classDigit)
		if n < 1 || n > 3 {
			return false
		}
		value := 0
		for i := range n {
			value = value*10 + int(s[i]-'0')
		}
		if value > 255 {
			return false
		}
		s = s[n:]
		if part == 3 {
			break
		}
		if len(s) == 0 || s[0] != '.' {
			return false
		}
		s = s[1:]
	}
	return len(s) == 0
}
