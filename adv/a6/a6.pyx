def f(func, x):
    cdef Visitor v = Visitor(func)
    if (i := v.info):
        func(i)
    v.info.x = x
