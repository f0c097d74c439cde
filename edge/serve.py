"""Starts nginx as a serving edge: writes its configuration into the data folder and becomes it.

Run ``python edge/serve.py --help``. Works as any user, also root, in a private folder: nginx's
workers run as the user who started it and every path lies in the data folder.
"""

from __future__ import annotations

import argparse
import grp
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).resolve().parent.parent / "deploy" / "nginx"
TEMP_FOLDERS = ("body", "proxy", "fastcgi", "uwsgi", "scgi")
LONGEST_SOCKET_NAME = 100
ORPHANS_LEAVE = 3.0  # seconds in which workers of a killed nginx notice that they are alone
# what cannot stand in a quoted word of nginx's configuration or in a Lua long string
UNQUOTABLE = re.compile(r"[\x00-\x1f\x7f\"'\\$]|\]==\]")
HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")
FOLDER = re.compile(r"(?!\.)[A-Za-z0-9._-]+")


class ConfigError(Exception):
    """nginx cannot be started like this; the text says why."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(prog="serve.py", description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True, help="the edge's folder (the agent's too)")
    p.add_argument("--content", type=Path, required=True, help="content root, a folder per host")
    p.add_argument("--public", required=True, help="the centre's public address, for /blocked/…")
    p.add_argument("--listen", default="127.0.0.1", help="address to listen on")
    p.add_argument("--port", type=int, default=8081)
    p.add_argument("--hosts", type=Path, help="JSON file {host: folder}")
    p.add_argument("--default-host", default="127.0.0.1", help="name of every host not in --hosts")
    p.add_argument("--default-folder", default="plain", help="folder of the default host")
    p.add_argument("--origin", help="HOST:PORT of the origin side (default DATA/origin.sock)")
    p.add_argument("--access-log", type=Path, help="unix datagram socket that takes syslog lines")
    p.add_argument("--zone", default="192m", help="memory for the deny list (128 bytes an entry)")
    p.add_argument("--workers", default="auto")
    p.add_argument("--nginx", default="nginx", help="the program")
    p.add_argument("--modules", default="/usr/lib/nginx/modules")
    p.add_argument("--mime-types", default="/etc/nginx/mime.types")
    p.add_argument("--templates", type=Path, default=TEMPLATES)
    p.add_argument("--check", action="store_true", help="write and test the configuration only")
    return p


def _quotable(name: str, value: str) -> str:
    if UNQUOTABLE.search(value):
        raise ConfigError(f"{name} contains a character that nginx cannot take: {value!r}")
    return value


def user_line() -> str:
    """Root's workers would become nobody and could not enter a private folder."""
    if os.geteuid() != 0:
        return "# started without root: workers run as the same user"
    user, group = pwd.getpwuid(0).pw_name, grp.getgrgid(os.getegid()).gr_name
    return f"user {user} {group};"


def _hosts_map(file: Path | None, default_host: str) -> str:
    hosts = json.loads(file.read_text("utf-8")) if file else {}
    lines = []
    for host, folder in sorted(hosts.items()):
        if not HOST.fullmatch(host) or not FOLDER.fullmatch(folder):
            raise ConfigError(f"host or folder not usable: {host!r}: {folder!r}")
        if host.lower() != default_host:
            lines.append(f'"{host.lower()}" "{folder}";\n')
    return "".join(lines)


def _access_log(sink: Path | None, data: Path) -> str:
    if sink is None:
        return "off"
    # nginx works in the data folder, so a name from there may be the shorter one
    path = min(os.fspath(sink.resolve()), os.path.relpath(sink.resolve(), data), key=len)
    if len(os.fsencode(path)) > LONGEST_SOCKET_NAME:
        raise ConfigError(f"name of the access log's socket is too long: {path}")
    return f'"syslog:server=unix:{_quotable("--access-log", path)},nohostname,tag=edge" chuku'


def _answers(name: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(name)
        except OSError:
            return False
    return True


def _free_socket(path: Path) -> None:
    """Remove a socket that a killed nginx left; refuse when one still answers."""
    if not path.is_socket():
        return
    until = time.monotonic() + ORPHANS_LEAVE
    while _answers(path.name):  # the working folder is the data folder
        if time.monotonic() > until:
            raise ConfigError(f"another nginx answers at {path}")
        time.sleep(0.1)
    path.unlink(missing_ok=True)


def prepare(args: argparse.Namespace) -> Path:
    """Make the folders, write the configuration, return its path; the working folder is data."""
    if not HOST.fullmatch(args.listen) or not HOST.fullmatch(args.default_host):
        raise ConfigError("--listen and --default-host are an address and a host name")
    if not FOLDER.fullmatch(args.default_folder) or not args.zone.rstrip("kmKM").isdigit():
        raise ConfigError("--default-folder is one folder name, --zone a size like 64m")
    if args.origin and not re.fullmatch(r"[\w.\[\]:-]+:\d+", args.origin):
        raise ConfigError("--origin is HOST:PORT")
    data, content, templates = (p.resolve() for p in (args.data, args.content, args.templates))
    hosts_map = _hosts_map(args.hosts, args.default_host)
    access_log = _access_log(args.access_log, data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in TEMP_FOLDERS:
        (data / "nginx" / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chdir(data)
    for name in () if args.check else ("agent.sock", "origin.sock"):
        _free_socket(data / name)
    (data / "nginx" / "hosts.map").write_text(hosts_map, "utf-8")
    conf: Path = data / "nginx" / "edge.conf"
    template = Template((templates / "edge.conf.template").read_text("utf-8"))
    words = {
        "data": os.fspath(data),
        "content": os.fspath(content),
        "lua": os.fspath(templates / "lua"),
        "blocked_page": os.fspath(templates / "blocked.html"),
        "hosts_map": os.fspath(data / "nginx" / "hosts.map"),
        "modules": args.modules,
        "mime_types": args.mime_types,
        "public": args.public.rstrip("/"),
        "listen": args.listen,
        "port": str(args.port),
        "default_host": args.default_host.lower(),
        "default_folder": args.default_folder,
        "origin": args.origin or "unix:origin.sock",
        "agent_socket": "agent.sock",
        "zone": args.zone,
        "workers": "auto" if args.workers == "auto" else str(int(args.workers)),
    }
    quoted = {name: _quotable(name, value) for name, value in words.items()}
    text = template.substitute(quoted, user_line=user_line(), access_log=access_log)
    conf.write_text(text, "utf-8")
    return conf


def main(argv: list[str] | None = None) -> int:
    """Write the configuration, then become nginx (same process id, stops on SIGTERM)."""
    args = parser().parse_args(argv)
    program = shutil.which(args.nginx, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        print(
            "nginx is missing: apt-get install nginx-light libnginx-mod-http-lua", file=sys.stderr
        )
        return 1
    try:
        conf = prepare(args)
    except (ConfigError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    command = [program, "-e", "stderr", "-p", os.fspath(conf.parent), "-c", os.fspath(conf)]
    if args.check:
        return subprocess.run([*command, "-t"], check=False).returncode  # noqa: S603 - our own words
    return os.execv(program, command)  # noqa: S606 - this process becomes nginx


if __name__ == "__main__":
    sys.exit(main())
