// Package architecture holds the layout of the code to what layers.txt says of it, and
// the size of its pieces. docs/architecture.md explains it.
package architecture
