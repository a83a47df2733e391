"""try_login.py ROOT USER PASSWORD: a real login(1) in a chroot, on a terminal of its own; prints "in" where a
shell answers, "out" where none does within 25 s."""
import os
import pty
import select
import sys
import time


def main():
    root, user, password = sys.argv[1:4]
    pid, fd = pty.fork()
    if pid == 0:
        os.chroot(root)
        os.chdir("/")
        os.execve("/bin/login", ["login"], {"PATH": "/usr/bin:/bin", "TERM": "dumb"})
    said, sent, end = b"", 0, time.time() + 25
    answers = [(b"login:", user), (b"assword:", password), (None, "echo in-$((40+2)); exit")]
    while time.time() < end and b"in-42" not in said and b"incorrect" not in said:
        if select.select([fd], [], [], 0.3)[0]:
            try:
                said += os.read(fd, 4096)
            except OSError:
                break
        if sent < 3:
            wanted, text = answers[sent]
            if (wanted and wanted in said) or (not wanted and select.select([fd], [], [], 1.0)[0] == []):
                said = b"" if wanted else said
                os.write(fd, text.encode() + b"\n")
                sent += 1
    print("in" if b"in-42" in said else "out")
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)


main()
