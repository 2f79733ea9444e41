G = None
def f(func, x):
    global G
    cdef Visitor v = Visitor(func)
    G = v.info
    v.info.x = x
