package console

// Exit codes, and how a command ends with one.

import "fmt"

// Exit codes.
const (
	Clean       = 0
	Differences = 1 // findings or differences
	Usage       = 2 // usage, configuration, input or output
)

// Exit ends a command with a code after it has said what there is to say.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }
