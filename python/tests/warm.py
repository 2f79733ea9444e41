"""Runs setup.py in processes that have setuptools and Cython imported already.

A build of a small package spends most of its time in these imports, and the tests
make a hundred such builds. The interpreter that is to build runs this file
(``python warm.py``): it imports what a setup.py imports in any case, and forks for each
line of JSON on standard input, which has ``cwd``, ``env``, ``arguments`` and ``output``,
a file for both streams. In the fork nothing else differs from ``python setup.py ...``:
pyxlock is not imported before, and the environment is the caller's. Each answer is a line of JSON
with ``status``, the exit code, and ``user`` and ``system``, the processor time in seconds.
"""

import json
import os
import runpy
import subprocess
import sys
import tempfile


def serve():
    """Answer requests until standard input ends."""
    import Cython.Build  # noqa: F401
    import Cython.Compiler.CythonScope
    import Cython.Compiler.Main
    import Cython.Compiler.Pipeline  # noqa: F401
    import setuptools.command.build_ext  # noqa: F401

    for line in sys.stdin:
        request = json.loads(line)
        process = os.fork()
        if process == 0:
            become(request)
            runpy.run_path(request["arguments"][0], run_name="__main__")
            return
        _, status, usage = os.wait4(process, 0)
        answer = {"status": os.waitstatus_to_exitcode(status), "user": usage.ru_utime, "system": usage.ru_stime}
        print(json.dumps(answer), flush=True)


def become(request):
    """Make this process one that was started as the request says."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    streams = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for here, there in (nothing, 0), (streams, 1), (streams, 2):
        os.dup2(here, there)
    sys.argv = request["arguments"]
    sys.path[0] = os.path.dirname(os.path.abspath(request["arguments"][0]))


class Builder:
    """An interpreter that is ready to run setup.py, started when it is first asked to."""

    def __init__(self, interpreter):
        """Name the interpreter, which has setuptools and Cython."""
        self.interpreter, self.process = interpreter, None

    def run(self, arguments, cwd, env):
        """Run a script with arguments, as subprocess.run does; return that, and the seconds of processor time.

        Both streams are in ``stdout``. Raises RuntimeError if the interpreter has died.
        """
        if self.process is None:
            self.process = subprocess.Popen(
                [self.interpreter, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, encoding="utf-8"
            )
        command = [str(self.interpreter), *map(str, arguments)]
        sys.audit("subprocess.Popen", command[0], command, cwd, env)  # which tells kept.py what is read
        with tempfile.NamedTemporaryFile() as output:
            request = {"cwd": str(cwd), "env": env, "arguments": command[1:], "output": output.name}
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
            if not answer:
                raise RuntimeError(f"{self.interpreter} with setuptools and Cython ended: {self.process.wait()}")
            printed = output.read().decode("utf-8", "replace")
        answer = json.loads(answer)
        done = subprocess.CompletedProcess(command, answer["status"], printed)
        return done, answer["user"] + answer["system"]

    def close(self):
        """End the interpreter, and wait for it."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


if __name__ == "__main__":
    serve()
