def f(func, x):
    cdef Visitor v = Visitor(func)
    func(v.info)
    for v.info.x in x:
        pass
