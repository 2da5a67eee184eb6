"""Run the command while Python's audit hook watches (and, if asked, sabotages) every file-system call.

    python tests/watched.py MODE K LOG -- submit CASE -o OUT …

MODE count: log every call below OUT, every write elsewhere and every network call.
MODE kill: SIGKILL this process just before call K.   MODE enospc | eacces | eio: that call fails.
Needs no hook inside the product. Sees Python-level calls of this process only.
"""
# ruff: noqa: PTH100, PTH109, PTH115, PTH118, PTH123 - pathlib would itself make the calls that are being watched

from __future__ import annotations

import errno
import os
import signal
import sys

mode, k, log = sys.argv[1], int(sys.argv[2]), sys.argv[3]
args = sys.argv[5:]
out = os.path.abspath(args[args.index("-o") + 1])
me, calls, lines, busy = os.getpid(), 0, [], False
WRITES = {
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "shutil.rmtree",
    "os.link",
    "os.symlink",
}
BY_FOLDER = {"os.remove", "os.rmdir", "os.mkdir"}
WATCHED = WRITES | {"open", "os.truncate", "tempfile.mkdtemp", "tempfile.mkstemp"}
ALLOWED_ELSEWHERE = ("/dev/null", "/proc/")


def hook(event, a):
    global calls
    if busy or os.getpid() != me:
        return
    own_port = event == "socket.bind" and a[1][0] in {"::1", "127.0.0.1"}  # urllib3: is there IPv6 here?
    if event.startswith("socket.") and event not in {"socket.gethostname", "socket.__new__"} and not own_port:
        lines.append(f"NET {event}")
    if event not in WATCHED or not isinstance(a[0], (str, bytes, os.PathLike)):
        return
    name = os.fsdecode(a[0])
    if event in BY_FOLDER and isinstance(a[-1], int) and a[-1] >= 0:  # named inside an open folder
        name = os.path.join(os.readlink(f"/proc/self/fd/{a[-1]}"), name)
    path = os.path.abspath(name)
    inside = path.startswith(out)
    writing = event != "open" or (isinstance(a[1], str) and any(c in a[1] for c in "wax+"))
    writing = writing or (
        event == "open" and isinstance(a[2], int) and a[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    )
    if writing and not inside and "__pycache__" not in path and not path.startswith(ALLOWED_ELSEWHERE):
        lines.append(f"STRAY {event} {path}")
    if not inside:
        return
    calls += 1
    lines.append(f"{calls} {event} {path[len(out) :]}")
    if calls != k:
        return
    if mode == "kill":
        os.kill(me, signal.SIGKILL)
    if mode in {"enospc", "eacces", "eio"}:
        number = getattr(errno, mode.upper())
        raise OSError(number, os.strerror(number))


sys.path.insert(0, os.getcwd())
from pipeline.cli import main  # noqa: E402

sys.addaudithook(hook)
code = main(args)
busy = True
if mode == "count":
    with open(log, "w") as f:
        f.write("\n".join(lines))
sys.exit(code)
