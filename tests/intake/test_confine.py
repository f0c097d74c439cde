"""A process that reads untrusted files can neither call out nor start another program."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import tempfile

import pytest

from app.core.sealed import Writer, content_key

TRIES = {
    "socket": "import socket; socket.socket()",
    "program": "import os; os.execv('/bin/true', ['true'])",
    "signal": "import os; os.kill(os.getppid(), 0)",
}


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("what", TRIES)
def test_it_is_refused_and_only_after(what):
    confined = "from app.intake.confine import confine; assert confine()\n"
    refused = _run(confined + TRIES[what])
    assert "PermissionError" in refused.stderr
    assert _run(TRIES[what]).returncode == 0


def test_reading_and_computing_go_on():
    done = _run(
        "from app.intake.confine import confine; assert confine()\n"
        "import pikepdf, PIL.Image, lxml.etree, magic, threading\n"
        "print(magic.from_buffer(open('/proc/self/exe', 'rb').read(512), mime=True))"
    )
    assert done.stdout.startswith("application/x-"), done.stderr


def test_the_child_that_looks_into_files_is_confined():
    code = (
        "import sys; from app.intake import inspect_file as child\n"
        "child.check = lambda *_: [l.split()[1] for l in open('/proc/self/status') if "
        "l.startswith('Seccomp:')]\n"
        "sys.argv = ['', 'check', 'txt', 'any', sys.argv[1]]; child.main()"
    )
    ours, theirs = socket.socketpair()
    sealed = io.BytesIO()
    writer = Writer(sealed, b"k" * 32, aad="a")
    writer.write(b"words")
    writer.close()
    ours.sendall(content_key(sealed, b"k" * 32, aad="a"))
    with ours, theirs, tempfile.TemporaryFile() as file:
        file.write(sealed.getvalue())
        file.seek(0)
        done = subprocess.run(
            [sys.executable, "-c", code, str(theirs.fileno())], stdin=file, capture_output=True,
            pass_fds=[theirs.fileno()], check=True,
        )  # fmt: skip
    assert done.stdout == b'["2"]'
