package report

// What a finding is known by when its line has moved.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"pyxlock/transform"
)

// figures are numbers in a message, as of lines and of how many there are. Digits in
// names are none.
var figures = regexp.MustCompile(`\b\d+\b`)

// Fingerprint is the same for a finding as long as its code, file, definition and
// message are, but for numbers in this and for what it says of other code. Several findings may share one. path is the
// file by the name that it is compared under.
func Fingerprint(f transform.Finding, path string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Code, path, f.Scope, figures.ReplaceAllString(cmp.Or(f.Gist, f.Message), "#")}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
