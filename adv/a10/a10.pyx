cdef Info take(Visitor v):
    return v.info
def f(func, x):
    cdef Visitor v = Visitor(func)
    func(take(v))
    v.info.x = x
