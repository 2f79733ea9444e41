package config

import (
	"reflect"
	"testing"
)

// A field that says no name could be set in a pyproject.toml by its Go name.
func TestFieldsSayWhetherTheyAreSettings(t *testing.T) {
	s := reflect.TypeFor[Settings]()
	for i := range s.NumField() {
		if f := s.Field(i); f.IsExported() && f.Tag.Get("toml") == "" {
			t.Errorf(`%s has no toml tag: name the setting, or say "-"`, f.Name)
		}
	}
}
