// Package config knows the settings of a run: flags, and pyproject.toml for what no flag says.
//
// It declares the flags that several commands have, and makes transform.Options of them. It
// does not know which command runs, or on what files.
//
// Begin reading at Settings (config.go).
package config
