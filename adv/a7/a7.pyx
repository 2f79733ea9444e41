def f(func, x):
    cdef Visitor v = Visitor(func)
    try:
        func(v.info)
    finally:
        v.info.x = x
