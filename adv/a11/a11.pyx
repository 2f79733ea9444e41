cdef put(Info i, x):
    i.x = x
def f(func, x):
    cdef Visitor v = Visitor(func)
    func(v.info)
    put(v.info, x)
