package transform

// The words that commands speak in. Each belongs to the layer that makes it.

import (
	"pyxlock/transform/annotate"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/expand"
	"pyxlock/transform/finding"
	"pyxlock/transform/headers"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/review"
	"pyxlock/transform/rules"
)

// What a project is made of.
type (
	Loader = project.Loader
	Need   = project.Need
	// HeaderOptions tell where headers of C are.
	HeaderOptions = headers.Options
	// MissingHeader is a header that was looked for and not found.
	MissingHeader = headers.Gone
	// HeaderPlace is a place in a header, with what is said of it.
	HeaderPlace = headers.Place
)

// What a rewrite is, and what there is to say about the sources.
type (
	Edit     = edit.Edit
	Rewrite  = edit.Rewrite
	Finding  = finding.Finding
	Fix      = finding.Fix
	Related  = finding.Related
	Group    = finding.Group
	Inferred = plan.Inferred
)

// What a check finds.
type (
	Rule       = rules.Rule
	Report     = rules.Report
	Suppressed = rules.Suppressed
	Summary    = rules.Summary
	Exemption  = rules.Exemption
	Claim      = rules.Claim
	Assumption = rules.Assumption
)

// What an annotation proposes.
type (
	Annotation = annotate.Annotation
	Verdict    = annotate.Verdict
	ClassNote  = annotate.ClassNote
	MethodNote = annotate.MethodNote
)

// What people are told of locks.
type (
	Explanation = review.Explanation
	Reason      = review.Reason
	Review      = review.Review
	ClassLocks  = review.ClassLocks
	Member      = review.Member
	MemberMode  = review.MemberMode
	Weaker      = review.Weaker
)

// The settings that have names.
type (
	Kind    = decorator.Kind
	Layout  = expand.Layout
	Runtime = expand.Runtime
)

// The three locks, the default first.
const (
	RWLock          = decorator.RWLock
	CriticalSection = decorator.CriticalSection
	Mutex           = decorator.Mutex
)

// The layouts: Readable re-indents bodies as a person would; Aligned keeps them on
// their lines.
const (
	Readable = expand.Readable
	Aligned  = expand.Aligned
)

// Where expanded code finds the rwlock.
const (
	Vendored = expand.Vendored
	Package  = expand.Package
	Inline   = expand.Inline
)

// The modes of a member.
const (
	LocksRead    = review.LocksRead
	LocksWrite   = review.LocksWrite
	LocksNothing = review.LocksNothing
	LocksExempt  = review.LocksExempt
	LocksNot     = review.LocksNot
	LocksRefused = review.LocksRefused
)

// SyntaxError is the code of findings in files that do not parse.
const SyntaxError = finding.SyntaxError

// Unlocked is the code of classes that change and have no lock.
const Unlocked = finding.Unlocked

// ParseKind returns the lock named s as in lock="…" and --lock.
func ParseKind(s string) (Kind, error) { return decorator.ParseKind(s) }

// Nearest returns the one of the candidates that a misspelt word comes closest to; ""
// where none is close, or several are as close.
func Nearest(word string, candidates []string) string { return decorator.Nearest(word, candidates) }

// Rules returns the table of findings, ordered by code.
func Rules() []Rule { return rules.Rules() }

// Brief returns a message with the middle of very long words left out, and the end
// of a very long message.
func Brief(s string) string { return finding.Brief(s) }

// MayIgnore reports whether a finding may be left out of a check by a comment or a
// baseline: a file that does not parse is not checked, and what stops a build stops it.
func MayIgnore(f Finding) bool { return rules.MayIgnore(f) }

// Groups puts findings together that are one thing to do, in the order of the first of
// each.
func Groups(fs []Finding) []Group { return finding.Groups(fs) }

// GroupNumbers numbers findings from 1 by the things to do: those of one group have one number.
func GroupNumbers(fs []Finding) []int { return finding.Numbers(fs) }

// SortFindings orders findings by path, offset, code and message.
func SortFindings(fs []Finding) { finding.Sort(fs) }
