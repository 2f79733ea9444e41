# Who holds and who waits, in the compiled modules of this process.
cimport pyxlock


def snapshot():
    return pyxlock.snapshot()
