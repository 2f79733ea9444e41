"""Starts children, watches them, and says how they ended."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from . import checked

MEMORY = 4 << 30  # resident, of one child
QUIET = 8.0  # a child of which nothing is heard for so long hangs
SLACK = 4.0  # a script that has not ended so long after it should hangs
FREE_THREADED = bool(__import__("sysconfig").get_config_var("Py_GIL_DISABLED"))


class End:
    """How a process ended: kind is "ok", "crash", "hang", "memory" or "error"."""

    def __init__(self, kind, detail, seconds, out="", err=""):
        """Keep what is known."""
        self.kind, self.detail, self.seconds, self.out, self.err = kind, detail, seconds, out, err


class Workplace:
    """A temporary directory in which children run, and their environment."""

    def __init__(self):
        """Make the directory."""
        self.folder = tempfile.TemporaryDirectory(prefix="pyxlock-stress-", ignore_cleanup_errors=True) if sys.version_info >= (
            3,
            10,
        ) else tempfile.TemporaryDirectory(prefix="pyxlock-stress-")
        self.path = self.folder.name
        self.number = 0
        self.process = None
        self.violations = []
        self.environment = dict(os.environ)
        self.environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(p or os.getcwd()) for p in sys.path)
        self.environment["PYTHONSAFEPATH"] = "1"
        self.environment["PYTHONUNBUFFERED"] = "1"
        self.environment.setdefault("PYXLOCK_CHECK", "report")
        if FREE_THREADED:
            self.environment.setdefault("PYTHON_GIL", "0")

    def close(self):
        """Remove the directory."""
        self.folder.cleanup()

    def file(self, name):
        """Return the path of a new file."""
        self.number += 1
        return os.path.join(self.path, f"{self.number}.{name}")

    def job(self, job, heard, quiet=QUIET, seconds=None):
        """Run a job in a child; heard(kind, data) is called for each line of its journal."""
        job_file, journal = self.file("job"), self.file("journal")
        with open(job_file, "w", encoding="utf-8") as file:
            json.dump(job, file)
        reader = Journal(journal, heard)
        command = [sys.executable, "-m", "pyxlock.stress.child", job_file, journal]
        end = self.run(command, seconds, quiet, reader.read)
        reader.read()
        reader.close()
        for name in (job_file, journal):
            if os.path.exists(name):
                os.unlink(name)
        return end

    def script(self, text, seconds):
        """Run a script, which ends after so many seconds if nothing happens."""
        name = self.file("py")
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
        end = self.run([sys.executable, "-X", "faulthandler", name], seconds, None, lambda: 0)
        os.unlink(name)
        return end

    def run(self, command, seconds, quiet, news):
        """Run a command in the directory until it ends, or nothing is heard, or it grows too large."""
        check = self.file("check.json")
        # A directory of its own, so that files that one run leaves make no difference to another.
        with tempfile.TemporaryDirectory(dir=self.path) as folder, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            begun = time.monotonic()
            process = self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**self.environment, "PYXLOCK_CHECK_FILE": check},
                start_new_session=True,
            )
            why, stuck = None, Stuck(process.pid)
            try:
                while True:
                    try:
                        process.wait(0.02)
                        break
                    except subprocess.TimeoutExpired:
                        pass
                    now = time.monotonic()
                    if news():
                        stuck.again()
                    elif seconds and now - begun < seconds:
                        stuck.again()
                    if stuck.is_it(quiet or SLACK):
                        why = "hang"
                    elif resident(process.pid) > MEMORY:
                        why = "memory"
                    if why:
                        end_of(process)
                        break
            except BaseException:
                end_of(process)
                raise
            lasted = time.monotonic() - begun
            out.seek(0)
            err.seek(0)
            # The end of it says what happened, and it may be long.
            text, errors = tail(out), tail(err)
        self.violations = checked.read(check)
        if os.path.exists(check):
            os.unlink(check)
        if why:
            return End(why, why, lasted, text, errors)
        code = process.returncode
        if code == 0:
            return End("ok", "", lasted, text, errors)
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            if -code in (getattr(signal, "SIGKILL", 9), getattr(signal, "SIGTERM", 15)):
                return End("memory", f"{name}: something ended the process, perhaps for its memory", lasted, text, errors)
            return End("crash", name, lasted, text, errors)
        if os.name == "nt" and code & 0xC0000000 == 0xC0000000:
            return End("crash", f"{code & 0xFFFFFFFF:#x}", lasted, text, errors)
        return End("error", f"exit status {code}", lasted, text, errors)


class Stuck:
    """Tells a process that waits or loops for ever from one that gets little of the processor."""

    def __init__(self, pid):
        """Begin to watch."""
        self.pid = pid
        self.again()

    def again(self):
        """Begin anew: it has just done something."""
        self.since = self.moved = time.monotonic()
        self.at_first = self.last = processor(self.pid)

    def is_it(self, seconds):
        """Tell whether it has used so much time of the processor, or nearly none for long, since then."""
        now = time.monotonic()
        if now - self.since < min(3, seconds):
            return False
        used = processor(self.pid)
        if used is None or self.at_first is None:
            return now - self.since > seconds
        if used - self.last > 0.02 or runnable(self.pid):
            self.last, self.moved = used, now
        if now - self.moved > max(3, seconds / 2):
            return True
        return now - self.since > seconds and (used - self.at_first > 0.7 * seconds or now - self.since > 60 * seconds)


def processor(pid):
    """Return the processor time of a process, where that can be told."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError, AttributeError):
        return None


def runnable(pid):
    """Tell whether a thread of a process could go on, if only it got the processor."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii", errors="replace") as file:
                if file.read().rpartition(")")[2].split()[0] in "RD":
                    return True
    except (OSError, IndexError):
        pass
    return False


class Journal:
    """Reads lines as they come."""

    def __init__(self, path, heard):
        """Take the path of a file that need not be there yet."""
        self.path, self.heard, self.file, self.rest = path, heard, None, b""

    def read(self):
        """Hand on what is new; return how many lines it was."""
        if self.file is None:
            try:
                self.file = open(self.path, "rb")
            except OSError:
                return 0
        *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
        for line in lines:
            kind, data = json.loads(line)
            self.heard(kind, data)
        return len(lines)

    def close(self):
        """Close the file."""
        if self.file:
            self.file.close()


def tail(file, size=20000):
    """Return the end of what a file holds."""
    data = file.read()
    return data[-size:].decode("utf-8", "replace")


def resident(pid):
    """Return the memory of a process, where that can be told."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError, AttributeError):
        return 0


def end_of(process):
    """End a process that hangs: first so that it says where its threads are."""
    if os.name != "nt":
        try:
            os.kill(process.pid, signal.SIGABRT)
            process.wait(3)
        except (OSError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            pass
    try:
        process.kill()
    except OSError:
        pass
    process.wait()
