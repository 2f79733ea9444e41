// Package plan decides what each function locks: decorators and inference become a
// Plan, or a finding says why that cannot be.
//
// It knows the model and the decorators. It does not know how a lock is spelled: that is
// expand's.
//
// Begin with Planner.Plan in plan.go; refuse.go has what cannot be expanded soundly,
// contradict.go what a decorator says against the model.
package plan
