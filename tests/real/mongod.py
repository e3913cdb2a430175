"""Says yes to everything that mongosh says, and notes the commands: MongoDB itself is in no registry.

    mongod.py PORT LOG
"""

import socket
import struct
import sys
import threading

OP_MSG, OP_REPLY = 2013, 1


def take(caller, length):
    """That many bytes; nothing at the end."""
    got = b""
    try:
        while len(got) < length:
            more = caller.recv(length - len(got))
            if not more:
                return b""
            got += more
    except OSError:
        return b""
    return got


def bson(fields):
    """A document of numbers and truths."""
    body = b""
    for name, value in fields.items():
        kind, packed = (b"\x08", struct.pack("<?", value)) if value is True else (b"\x10", struct.pack("<i", value))
        body += kind + name.encode() + b"\0" + packed
    return struct.pack("<i", len(body) + 5) + body + b"\0"


YES = bson({
    "helloOk": True, "ismaster": True, "isWritablePrimary": True, "maxBsonObjectSize": 16777216, "n": 1,
    "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000, "minWireVersion": 0, "maxWireVersion": 25, "ok": 1,
})  # fmt: skip


def note(log, command):
    with open(log, "a") as to:
        to.write(command + "\n")


def serve(caller, log):
    with caller:
        while head := take(caller, 16):
            length, number, _, kind = struct.unpack("<iiii", head)
            body = take(caller, length - 16)
            if kind == OP_MSG:
                # Flags, the kind of section, the document's length, its first field: the command.
                note(log, body[10 : body.find(b"\0", 10)].decode(errors="replace"))
                answer, opcode = struct.pack("<iB", 0, 0) + YES, OP_MSG
            else:
                note(log, "hello")
                answer, opcode = struct.pack("<iqii", 8, 0, 0, 1) + YES, OP_REPLY
            caller.sendall(struct.pack("<iiii", 16 + len(answer), 1, number, opcode) + answer)


def main():
    port, log = sys.argv[1:]
    note(log, "started")
    with socket.create_server(("127.0.0.1", int(port))) as listener:
        while True:
            caller, _ = listener.accept()
            threading.Thread(target=serve, args=(caller, log), daemon=True).start()


main()
