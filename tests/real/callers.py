"""A PostgreSQL that serves nobody and notes who called: the place, and the user and database of the start-up message.

    callers.py LOG ADDRESS:PORT…

Ends with its standard input. It is run under the name of the real server, by which dbguard tells servers from tunnels.
"""

import json
import socket
import struct
import sys
import threading

# The server is starting up: whoever has another address goes on to it.
BODY = b"SFATAL\0VFATAL\0C57P03\0Mnobody is served here\0\0"
REFUSAL = b"E" + struct.pack(">i", len(BODY) + 4) + BODY
TLS, GSS = 80877103, 80877104


def exactly(caller, length):
    got = b""
    while len(got) < length:
        more = caller.recv(length - len(got))
        if not more:
            raise OSError("it hung up")
        got += more
    return got


def answer(caller, place, log):
    with caller:
        try:
            while True:
                length, code = struct.unpack(">ii", exactly(caller, 8))
                body = exactly(caller, length - 8)
                if code not in (TLS, GSS):
                    break
                caller.sendall(b"N")
            words = body.split(b"\0")
            said = dict(zip(words[::2], words[1::2]))
            line = {"place": place, "user": said.get(b"user", b"").decode(), "dbname": said.get(b"database", b"").decode()}
            with open(log, "a") as to:
                to.write(json.dumps(line) + "\n")
            caller.sendall(REFUSAL)
        except OSError:
            pass


def listen(listener, place, log):
    while True:
        caller, _ = listener.accept()
        threading.Thread(target=answer, args=(caller, place, log), daemon=True).start()


def main():
    log, *places = sys.argv[1:]
    for place in places:
        host, port = place.split(":")
        listener = socket.create_server((host, int(port)), backlog=64)
        threading.Thread(target=listen, args=(listener, place, log), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


main()
