// Package codeunit orders text as JavaScript does: by UTF-16 code units, so that "😀" (U+1F600), which is written as the
// surrogates D83D DE00, comes before "ﬁ" (U+FB01). RFC 8785, section 3.2.3, sorts the members of a JSON object so.
package codeunit

import "cmp"

// Compare gives -1, 0 or 1. Both texts are UTF-8. That order is the order of their bytes, but for one exception: characters
// above U+FFFF are written as surrogates (D800 to DFFF) and so come before U+E000 to U+FFFF. Where two texts first differ,
// both are at the same place of a character, so the first byte tells.
func Compare(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return cmp.Compare(weight(a[i]), weight(b[i]))
		}
	}
	return cmp.Compare(len(a), len(b))
}

// weight moves EE and EF, which begin the characters U+E000 to U+FFFF, behind F0 to F4, which begin those above.
func weight(c byte) int {
	if c == 0xEE || c == 0xEF {
		return 0x100 + int(c)
	}
	return int(c)
}
