"""dengbao setup at a pseudo terminal: ended at every prompt, and fed with what nobody expects."""
import fcntl, os, pty, re, select, signal, struct, subprocess, sys, termios, time

DENGBAO, ROOT = sys.argv[1:3]
PASSWORDS = ["Gr33n-Tables7", "Bl4ck-Rivers8", "Wh1te-Clouds9", "Gr3y-Stones-10"]
failed = passed = 0


def ok(what, good, more=""):
    global failed, passed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED: %s %s" % (what, more), flush=True)


def state():
    out = subprocess.run(["find", ROOT, "-xdev", "-printf", "%p %m %U:%G %s %T@ %l\n"],
                         capture_output=True).stdout
    return sorted(out.splitlines())


class Session:
    def __init__(self, lang, columns=80):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "vt100",
               "ASAN_OPTIONS": "detect_leaks=0"}
        if lang == "zh":
            env["LC_ALL"] = "zh_CN.UTF-8"  # not installed: the words are, the locale need not be
        self.slave = slave
        self.process = subprocess.Popen([DENGBAO, "setup", "--root", ROOT] +
                                        (["--lang", "en"] if lang == "en" else []),
                                        stdin=slave, stdout=slave, stderr=slave, env=env,
                                        start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.output = b""

    def prompt(self, limit=120):
        """Until something stands without a newline and ends in ': '."""
        end = time.time() + limit
        while time.time() < end:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    return False
                if not data:
                    return False
                self.output += data
            elif self.output.endswith(b": "):
                return True
            elif self.process.poll() is not None:
                return False
        return False

    def send(self, data):
        os.write(self.master, data)
        self.output += b"\0"  # not an answered prompt any more

    def end(self):
        limit = time.time() + 60
        while self.process.poll() is None and time.time() < limit:
            self.prompt(0.2)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            return "hangs"
        while select.select([self.master], [], [], 0.05)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.output += data
        return self.process.returncode

    def echo(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def close(self):
        os.close(self.master)
        os.close(self.slave)


def answers():
    for password in PASSWORDS[:3]:
        yield from ("", password, password, "")
    yield from (PASSWORDS[3], PASSWORDS[3], "10.1.0.0/16", "", "", "", "", "", "", "")


STEPS = list(answers())
before = state()


def walk(session, count):
    for answer in STEPS[:count]:
        if not session.prompt():
            return False
        session.send(answer.encode() + b"\r")
    return session.prompt()


# ---- every prompt, ended in three ways ----
last = len(STEPS)  # the prompt after all of them: "Apply these changes?"
if os.environ.get("COUNT", "8") != "all":
    prompts = sorted(set(range(0, last, max(1, last // int(os.environ.get("COUNT", "8"))))) | {last})
else:
    prompts = range(last + 1)
for k in prompts:
    lang = "zh" if k % 2 else "en"
    how = ("ctrl-c", "ctrl-d", "ctrl-c", "hang-up")[k % 4]
    s = Session(lang)
    reached = walk(s, k)
    ok("prompt %d in %s is reached" % (k, lang), reached, repr(s.output[-300:]))
    if reached and how == "hang-up":
        os.killpg(s.process.pid, signal.SIGHUP)
        ok("hang-up at prompt %d" % k, s.end() == -signal.SIGHUP, repr(s.output[-200:]))
    elif reached:
        s.send(b"\x03" if how == "ctrl-c" else b"\x04")
        code = s.end()
        ok("%s at prompt %d ends it" % (how, k), code == (-signal.SIGINT if how == "ctrl-c" else 2),
           "%s %r" % (code, s.output[-200:]))
    ok("the echo is back after %s at prompt %d" % (how, k), s.echo())
    shown = [p for p in PASSWORDS if p.encode() in s.output]
    ok("no password is shown", not shown, shown)
    if s.process.poll() is None:
        s.process.kill()
        s.process.wait()
    s.close()
ok("nothing was changed", state() == before)

# ---- what nobody types ----
ODD = [b"\x1b[31mred\x1b[0m", b"\xff\xfe\xc3", b"a" * 3000, "\u202eadmin".encode(), b"../../etc", b"-rf",
       b"ro\x01ot", b"admin\x7f\x7f", "管理员".encode(), b"a:b:c", b"0", b"admin audit"]
for lang in ("en", "zh"):
    s = Session(lang, columns=10)
    for data in ODD:
        if not s.prompt():
            break
        mark = len(s.output)
        s.send(data + b"\r")
    s.prompt()
    said = s.output
    if b"\x08" in said or b"adm" in said:
        pass
    s.send(b"\x03")
    code = s.end()
    ok("odd names in %s: it is still asking, and ends by Ctrl-C" % lang, code == -signal.SIGINT,
       "%s %r" % (code, said[-300:]))
    # The terminal echoes control bytes as ^X; what the program says has none, and no broken UTF-8.
    own = [line for line in said.split(b"\r\n") if b"  ! " in line]
    ok("it complains in %s" % lang, len(own) >= 6, len(own))
    for line in own:
        text = line.split(b"  ! ", 1)[1]
        try:
            text.decode()
            good = not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", text)
        except UnicodeDecodeError:
            good = False
        ok("what it says is clean", good, repr(text[:200]))
    s.close()

# An overlong password, a password with control bytes, an empty one where none is allowed.
s = Session("en")
walk(s, 1)
for data in (b"x" * 3000, b"\x02\x05\x06", b"short", b"admin-Admin-1"):
    s.send(data + b"\r")
    ok("a bad password is asked for again: %r" % data[:10], s.prompt(), repr(s.output[-200:]))
ok("four complaints", s.output.count(b"  ! ") == 4, s.output.count(b"  ! "))
s.send(b"\x03")
ok("and Ctrl-C ends it", s.end() == -signal.SIGINT)
s.close()

# Narrow, to the last question, which is answered with no.
s = Session("zh", columns=10)
ok("ten columns are enough", walk(s, last), repr(s.output[-200:]))
s.send(b"no\r")
ok("no at the end", s.end() == 2, repr(s.output[-200:]))
s.close()

# No terminal, and an input that is over.
for source in (subprocess.DEVNULL,):
    r = subprocess.run([DENGBAO, "setup", "--root", ROOT, "--lang", "en"], stdin=source, capture_output=True,
                       env={"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "detect_leaks=0"}, timeout=60)
    ok("without a terminal it says what to give", r.returncode == 64 and b"--answers" in r.stderr, r.stderr[-200:])
ok("nothing was changed by any of it", state() == before)
print("setup_terminal: %d passed, %d failed" % (passed, failed))
sys.exit(1 if failed else 0)
