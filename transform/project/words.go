package project

// The words of a file: most rules have nothing to say about most files, and see that by the words that are not there.

import (
	"bytes"
	"slices"
)

// inWords tells which bytes are part of words.
var inWords = func() (in [256]bool) {
	for c := range in {
		in[c] = wordByte(byte(c))
	}
	return in
}()

// Words returns the words that stand in the file, comments and strings included, each once on a line of its own.
func (s *Source) Words() []byte { return s.words.Get(func() []byte { return wordsOf(s.Src) }) }

// Spells reports whether a text stands in the file that has no gap, or one that is spelled so.
func (s *Source) Spells(text string) bool {
	for i := range len(text) {
		if !wordByte(text[i]) {
			return bytes.Contains(s.Src, []byte(text))
		}
	}
	return bytes.Contains(s.Words(), []byte(text))
}

func wordsOf(src []byte) []byte {
	out := make([]byte, 0, len(src)/8)
	at := make([]int32, 256) // by hash, or behind it: where in out a word starts, counted from 1
	n := 0
	for i := 0; i < len(src); i++ {
		if !inWords[src[i]] {
			continue
		}
		from := i
		for i < len(src) && inWords[src[i]] {
			i++
		}
		word := src[from:i]
		if place := wordPlace(at, out, word); at[place] == 0 {
			at[place] = int32(len(out)) + 1
			out = append(append(out, word...), '\n')
			if n++; 2*n > len(at) {
				at = spread(at, out)
			}
		}
	}
	return slices.Clip(out)
}

// wordPlace returns where in a table of words one is, or belongs.
func wordPlace(at []int32, out, word []byte) int {
	mask := uint32(len(at) - 1)
	h := uint32(len(word))
	for _, c := range word {
		h = h*31 + uint32(c)
	}
	for h = h * 0x9E3779B1 >> 8 & mask; ; h = (h + 1) & mask {
		if at[h] == 0 {
			return int(h)
		}
		if known := out[at[h]-1:]; bytes.HasPrefix(known, word) && known[len(word)] == '\n' {
			return int(h)
		}
	}
}

// spread returns a table of words with more room.
func spread(was []int32, out []byte) []int32 {
	at := make([]int32, 4*len(was))
	for _, start := range was {
		if start > 0 {
			word := out[start-1:]
			at[wordPlace(at, out, word[:bytes.IndexByte(word, '\n')])] = start
		}
	}
	return at
}
