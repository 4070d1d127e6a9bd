#!/bin/sh
# Find the Python that the wheels are for; program/start.py does the rest.
# -I: no variable or file of the user's leads it to another Python's modules.
kit=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
suits='import sys, sysconfig
sys.exit(sys.version_info[:2] != (@TUPLE@) or sysconfig.get_platform() != "@PLATFORM@")'

for python in "python@PYTHON@" python3 python; do
    if "$python" -I -c "$suits" 2>/dev/null; then
        exec "$python" -I "$kit/program/start.py" "$@"
    fi
done
echo "没有 Python @PYTHON@（@PLATFORM@）：请装好它再启动；书现在就能读。 / No Python" \
    "@PYTHON@ (@PLATFORM@): install it, then start again. The book opens without it:" \
    "$kit/book/index.html" >&2
[ "$#" -gt 0 ] || xdg-open "$kit/book/index.html" >/dev/null 2>&1
exit 1
