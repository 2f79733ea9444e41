// Package emit turns a rewrite into what people and build tools see: bytes,
// line maps, diffs, reports and files. It knows no Cython: what it splices,
// aligns and quotes is text.
//
// Lines are numbered from 1. In sources and outputs a line ends with "\n",
// "\r\n" or a lone "\r", as Cython counts them; in diffs it ends with "\n"
// alone, as git counts them.
package emit
