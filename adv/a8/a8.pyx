def f(func, x):
    cdef Visitor v = Visitor(func)
    func(k=v.info)
    (<Info>v.info).x = x
