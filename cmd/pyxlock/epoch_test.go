package main

import "time"

// transformEpoch is a time at which nothing was written.
var transformEpoch = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
