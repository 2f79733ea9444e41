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

// What the table takes and what it sets are the same.
func TestSettingsAreAllKnown(t *testing.T) {
	fields := map[string]bool{}
	s := reflect.TypeFor[Settings]()
	for i := range s.NumField() {
		if tag := s.Field(i).Tag.Get("toml"); tag != "" && tag != "-" {
			fields[tag] = true
			if _, ok := settings[tag]; !ok {
				t.Errorf("%s is no setting of the table", tag)
			}
		}
	}
	for name := range settings {
		if !fields[name] {
			t.Errorf("the setting %s sets nothing", name)
		}
	}
}
