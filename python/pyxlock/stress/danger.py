"""What is never called, since it could end or harm more than a test process.

Names alone decide, before anything is called. A container's `remove` takes something
out of it, and is called; the same name anywhere else may remove a file. What the user
names with --members is called all the same.
"""

import re

# Words of a name, split at underscores and capitals.
NEVER = frozenset(
    """exit quit abort kill terminate fork forkpty vfork exec execv execve execl execlp spawn system popen
    shell unlink rmdir rmtree rmdirs removedirs reboot poweroff suspend chmod chown chroot mount umount
    setuid setgid setsid signal raise_signal daemonize segfault crash connect listen accept bind download
    upload serve fileno install uninstall""".split()
)
# These are dangerous where the object does not hold things.
UNLESS_CONTAINER = frozenset("remove rename delete truncate shutdown".split())
CONTAINS = frozenset("__len__ __contains__ __iter__ __getitem__ add append insert".split())
# Special methods that are called by operators, or that have nothing to do with state.
SPECIAL = frozenset(
    """__new__ __class__ __getattribute__ __getattr__ __setattr__ __delattr__ __dir__ __doc__ __module__
    __init_subclass__ __subclasshook__ __class_getitem__ __del__ __sizeof__ __reduce_cython__
    __setstate_cython__ __pyx_vtable__ __pyx_capi__ __dict__ __weakref__ __slots__ __match_args__
    __annotations__ __signature__ __text_signature__ __static_attributes__ __firstlineno__
    __array_interface__ __array_struct__ __await__ __aiter__ __anext__ __aenter__ __aexit__ __buffer__
    __release_buffer__ __getnewargs__ __getnewargs_ex__ __subclasscheck__ __instancecheck__ __test__""".split()
)


def words(name):
    """Return the words of a name, in lower case: removeFile is remove, file."""
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def dangerous(name, members=()):
    """Tell whether a member is never called, given the names of all members of its class."""
    parts = [name.lower().strip("_"), *words(name)]
    if not NEVER.isdisjoint(parts):
        return True
    return not UNLESS_CONTAINER.isdisjoint(parts) and CONTAINS.isdisjoint(members)
