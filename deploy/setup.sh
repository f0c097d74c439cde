#!/usr/bin/env bash
# Sets up what `make run`, `make test` or `make bench` (argument: run, test, bench) needs, from nothing:
# .venv from hashed pins, the chuku command in it, and the system packages that pip cannot bring.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-run}

say() { printf '%s\n' "setup: $*" >&2; }

packages=()
need() { # need PACKAGE TEST... : remember the package unless the test succeeds
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || packages+=("$package")
}
has_file() { local one; for one in "$@"; do [ -e "$one" ] && return 0; done; return 1; }
has_font() { find /usr/share/fonts -iname '*CJK*' -print -quit 2>/dev/null | grep -q .; }
has_magic() { find /usr/lib /lib -name 'libmagic.so.1*' -print -quit 2>/dev/null | grep -q .; }

need nginx-light has_file /usr/sbin/nginx /usr/local/sbin/nginx
need libnginx-mod-http-lua has_file /usr/lib/nginx/modules/ngx_http_lua_module.so
need redis-server command -v redis-server
need libmagic1 has_magic
need fonts-noto-cjk has_font
if [ "$what" != run ]; then
  need chromium command -v chromium
  need postgresql has_file /usr/lib/postgresql/*/bin/initdb
fi
if [ "$what" = bench ]; then need wrk command -v wrk; fi
if [ ${#packages[@]} -gt 0 ]; then
  install="apt-get install -y --no-install-recommends ${packages[*]}"
  if [ "$(id -u)" != 0 ]; then
    say "please install these system packages first: sudo $install"
    exit 1
  fi
  say "installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  if ! { apt-get update -q && $install; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "the packages could not be installed; the command was: $install"
    exit 1
  fi
  rm -f "$log"
fi

python=$(command -v python3.11 || command -v python3.12 || command -v python3)
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  say "Python 3.11 or newer is needed; found $("$python" --version)"
  exit 1
}
[ -x .venv/bin/python ] || "$python" -m venv .venv

pins=run
if [ "$what" != run ]; then pins=dev; fi
stamp=.venv/.pins-$pins
now=$(cat requirements/bootstrap.txt requirements/$pins.txt | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$now" ]; then
  say "installing Python packages from requirements/$pins.txt"
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
  # uv is an order of magnitude faster; pip knows the machine's own index settings. Compiled once
  # here, or each of a dozen processes would compile spaCy and Flask for itself at every start.
  .venv/bin/uv pip install -q --compile-bytecode --python .venv/bin/python --require-hashes -r requirements/$pins.txt 2>/dev/null ||
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/$pins.txt
  printf '%s\n' "$now" >"$stamp"
fi

cat >.venv/bin/chuku <<'PY'
#!/bin/sh
# Runs the checkout this environment belongs to, from any folder.
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
PYTHONPATH="$here/../..${PYTHONPATH:+:$PYTHONPATH}" exec "$here/python" -m app.cli.main "$@"
PY
chmod +x .venv/bin/chuku
