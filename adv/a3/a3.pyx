def f(func, x):
    cdef Visitor v = Visitor(func)
    func(lambda: v.info)
    v.info.x = x
