"""Runs a command in a pseudo terminal: pseudo-terminal.py ROWS COLUMNS COMMAND...

Standard input is lines of JSON: {"keys": TEXT} types, {"size": [ROWS, COLUMNS]} resizes, {"signal": NUMBER} sends a
signal to the command. What the command writes comes out as it is. Ends with the command's exit code.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios

rows, columns = int(sys.argv[1]), int(sys.argv[2])


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


# The command begins when the terminal has its size.
ready, go = os.pipe()
pid, terminal = pty.fork()
if pid == 0:
    os.close(go)
    os.read(ready, 1)
    os.execvp(sys.argv[3], sys.argv[3:])
os.close(ready)
resize(terminal, rows, columns)
os.write(go, b"x")

waiting = b""
sources = [terminal, 0]
while terminal in sources:
    readable, _, _ = select.select(sources, [], [])
    if terminal in readable:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b""
        if data == b"":
            break
        os.write(1, data)
    if 0 in readable:
        data = os.read(0, 65536)
        if data == b"":
            sources.remove(0)
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "keys" in order:
                os.write(terminal, order["keys"].encode())
            if "size" in order:
                resize(terminal, *order["size"])
            if "signal" in order:
                os.kill(pid, order["signal"])

_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
