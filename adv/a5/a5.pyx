def f(func, x):
    cdef Visitor v = Visitor(func)
    cdef Visitor w = Visitor(func)
    w.info = v.info
    func(w)
    v.info.x = x
