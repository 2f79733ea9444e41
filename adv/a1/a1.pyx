def f(func, x):
    cdef Visitor v = Visitor(func)
    w = v
    func(w.info)
    v.info.x = x
