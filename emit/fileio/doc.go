// Package fileio reads and writes the files of a run.
//
// It knows paths, links, attributes and special files: outputs are written all or none,
// where a run may write, and nothing is read that is no regular file. It does not know what
// is in the files.
//
// Begin reading at Batch (batch.go): plan.go has what is checked first, staging.go and
// place.go how new bytes get there. regular.go reads.
package fileio
