// Package linebreak knows where lines begin and end.
//
// It knows the line breaks of sources and outputs: "\n", "\r\n" and a lone "\r", as
// Cython counts them, with lines numbered from 1. It does not know what lines come from
// (emit/sourcemap) or how git counts them, for which "\n" alone ends a line (emit/diff).
//
// Begin reading at Starts.
package linebreak
