def f(func, x):
    cdef Visitor v = Visitor(func)
    yield v.info
    v.info.x = x
