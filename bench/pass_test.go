package main

import "testing"

func BenchmarkPass(b *testing.B) {
	*corpus = "../build/corpus"
	*rounds = 4
	files, _ := sources("../build/corpus")
	for b.Loop() {
		passThrough(files)
	}
}
