"""Takes from this process what a reader of untrusted files never needs: network and programs."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2  # prctl
_LOAD, _EQUAL, _ANSWER = 0x20, 0x15, 0x06  # classic BPF: load word, jump if equal, return
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER, _ARCH = 0, 4  # places in struct seccomp_data
# socket connect bind sendto sendmsg execve execveat ptrace process_vm_readv process_vm_writev kill
_REFUSED = {
    "x86_64": (0xC000003E, (41, 42, 49, 44, 46, 59, 322, 101, 310, 311, 62, 200)),
    "aarch64": (0xC00000B7, (198, 203, 200, 206, 211, 221, 281, 117, 270, 271, 129, 130)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_void_p))


def _line(code: int, yes: int, no: int, value: int) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def confine() -> bool:
    """From now on such calls answer EPERM; False where the kernel or processor cannot do it.

    Sockets that are open already go on: the parent's is written to, not sent through.
    """
    known = _REFUSED.get(platform.machine())
    if known is None:
        return False
    arch, numbers = known
    lines = [_line(_LOAD, 0, 0, _ARCH), _line(_EQUAL, 1, 0, arch), _line(_ANSWER, 0, 0, _ERRNO)]
    lines.append(_line(_LOAD, 0, 0, _NUMBER))
    left = len(numbers)
    for n, number in enumerate(numbers):
        lines.append(_line(_EQUAL, left - n, 0, number))
    lines += [_line(_ANSWER, 0, 0, _ALLOW), _line(_ANSWER, 0, 0, _ERRNO)]
    held = ctypes.create_string_buffer(b"".join(lines))
    program = _Program(len(lines), ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return not libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)
