"""Eight threads that use one table of borghash: exits with 1 where an answer is wrong.

Each thread has keys of its own, so that in one thread after the other nothing could go wrong.
"""

import os
import sys
import threading

sys.path.insert(0, sys.argv[1])
from borghash import HashTable  # noqa: E402

THREADS, KEYS, TURNS = 8, 500, 20
table = HashTable(key_size=8, value_size=8)
errors = []
start = threading.Barrier(THREADS)


def work(number):
    """Store, read back and delete."""
    keys = [(number << 32 | k).to_bytes(8, "big") for k in range(KEYS)]
    start.wait()
    for _ in range(TURNS):
        try:
            for key in keys:
                table[key] = key
            for key in keys:
                if table[key] != key:
                    errors.append("another key's value")
            for key in keys:
                del table[key]
        except KeyError:
            errors.append("a key that was stored is not there")
            return


threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if not errors and len(table):
    errors.append(f"{len(table)} keys too many")
for text in sorted(set(errors)):
    print(f"{errors.count(text)} times: {text}")
sys.stdout.flush()
os._exit(bool(errors))
