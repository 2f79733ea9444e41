package annotate

// On which C functions a write lock rests.

import (
	"slices"

	"pyxlock/transform/effects"
)

// rests returns the C functions on which the write locks of a function rest alone, as the setting reads names them; nil where something else writes.
func rests(f *effects.Function, dec string) []effects.Reader {
	if dec != "write_lock" {
		return nil
	}
	var out []effects.Reader
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if e.Kind == effects.OnPython || e.Mode != effects.Write || !e.Raw || f.Sum.Regions[e.Region].Root != effects.NodeParam {
			continue
		}
		steps := effects.Chain(f, e)
		by := steps[len(steps)-1].Effect.Reader()
		if by.Name == "" {
			return nil
		}
		if !slices.Contains(out, by) {
			out = append(out, by)
		}
	}
	return out
}
