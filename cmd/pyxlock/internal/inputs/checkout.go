package inputs

// What git says of the inputs: the commit that is checked out.

import (
	"context"
	"slices"

	"pyxlock/cmd/pyxlock/internal/gitpast"
	"pyxlock/emit/fileio"
)

// Checkout is a work tree and the commit that it has been made of.
type Checkout struct {
	Top      string // absolute, without links
	Revision string // the short id of the commit
	Edited   bool   // inputs are not as the commit has them
}

// CheckedOut asks git, as --since does, for what is checked out in a directory.
func (in *Set) CheckedOut(ctx context.Context, dir string) (Checkout, error) {
	repo, err := gitpast.Open(ctx, dir)
	if err != nil {
		return Checkout{}, err
	}
	out := Checkout{Top: repo.Top}
	if out.Revision, err = repo.Head(ctx); err != nil {
		return Checkout{}, err
	}
	tree, err := repo.Tree(ctx, "HEAD")
	if err != nil {
		return Checkout{}, err
	}
	past, err := gitpast.New(ctx, repo, tree)
	if err != nil {
		return Checkout{}, err
	}
	out.Edited = slices.ContainsFunc(in.Files, func(f File) bool { return past.Changed(fileio.Real(f.Path)) })
	return out, nil
}
