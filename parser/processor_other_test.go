//go:build !unix

package parser_test

import "time"

var started = time.Now()

// processorTime is the time that has gone by, where there is no better measure.
func processorTime() time.Duration { return time.Since(started) }
