package ast

// nodes.go keeps what is under the body of a function in a list: bodies are visited again and again, each time by
// somebody who looks for something else.

import "sync"

// nodes are the nodes under a body and itself, in the order of Walk. They are made when somebody visits them.
type nodes struct {
	under *Suite // a changed copy of it has other nodes
	once  sync.Once
	list  []listed
}

// listed is a node with the place in the list behind what is under it.
type listed struct {
	Node
	next int32
	// later is true of what runs at another time: functions, classes, lambdas.
	later bool
}

// List has the nodes under a body be kept once they have been visited: it is final.
func (s *Suite) List() { s.nodes = &nodes{under: s} }

// listedIn returns the nodes of a body of which they are kept.
func listedIn(n Node) (list []listed, ok bool) {
	s, ok := n.(*Suite)
	if !ok || s == nil || s.nodes == nil || s.nodes.under != s {
		return nil, false
	}
	return s.nodes.all(), true
}

func (n *nodes) all() []listed {
	n.once.Do(func() {
		l, _ := listers.Get().(*lister)
		if l == nil {
			l = &lister{}
			l.visit = l.add
		}
		l.list = l.list[:0]
		l.add(n.under)
		n.list = append([]listed(nil), l.list...)
		listers.Put(l)
	})
	return n.list
}

// lister lists nodes in memory that it keeps for the next list.
type lister struct {
	list  []listed
	visit func(Node) bool // add
}

// listers keeps listers from one list to the next.
var listers sync.Pool

// add lists a node and all under it. It returns false, since a walk has nothing left to do there.
func (l *lister) add(n Node) bool {
	at := len(l.list)
	l.list = append(l.list, listed{Node: n, later: runsLater(n)})
	children(n, l.visit)
	l.list[at].next = int32(len(l.list))
	return false
}

// runsLater reports whether a node is a function, class or lambda, whose body runs at another time.
func runsLater(n Node) bool {
	switch n.(type) {
	case *FuncDef, *ClassDef, *Lambda:
		return true
	}
	return false
}

// WalkOwn is Walk without functions, classes and lambdas, which are not visited themselves, either.
func WalkOwn(n Node, visit func(Node) bool) {
	if list, ok := listedIn(n); ok {
		for i := 0; i < len(list); {
			if x := &list[i]; !x.later && visit(x.Node) {
				i++
			} else {
				i = int(x.next)
			}
		}
		return
	}
	Walk(n, func(n Node) bool { return !runsLater(n) && visit(n) })
}
