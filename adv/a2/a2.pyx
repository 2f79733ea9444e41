def f(func, x):
    cdef Visitor v = Visitor(func)
    cdef list l = [v.info]
    func(l)
    v.info.x = x
