#!/usr/bin/python3
"""What matters about the source tree is checked here, not remembered.

Every file, resource, rule ... that is looked at counts as one test; the last line is
"N passed, N failed, N skipped". --functions lists the longest functions instead.

How "every rule has a passing and a failing case" is judged: a rule counts as shown passing when a
whole-root golden (tests/roots/*/expect.check, tests/os/*.expect) has it passing, or when each of
its rows' resource and key stands in a rule.yaml of a case whose rule passes; failing likewise, one
row being enough. Rules without rows need no case.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILE_LINES, FUNCTION_LINES, LINE_COLUMNS = 600, 70, 100

# Floor -> floors whose headers its files may include, beside its own.
LOWER = {
    "base": [],
    "format": ["base"],
    "model": ["base"],
    "root": ["base", "format", "model"],
    "report": ["base", "model"],
    "effective": ["base", "format", "model", "root"],
    "resource": ["base", "format", "model", "root", "effective"],
    "access": ["base", "format", "model", "root", "effective"],
    "engine": ["base", "format", "model", "root", "effective", "resource", "access"],
    "cli": ["base", "format", "model", "root", "effective", "resource", "access", "engine",
            "report"],
}

TOUCHES = """open openat openat2 open64 creat fopen fopen64 freopen rename renameat renameat2
unlink unlinkat remove rmdir chmod fchmod fchmodat chown lchown fchown fchownat mkdir mkdirat mknod
mknodat mkfifo mkfifoat symlink symlinkat link linkat truncate ftruncate utimes utimensat futimens
fork vfork clone execl execlp execle execv execvp execvpe execve execveat fexecve posix_spawn
posix_spawnp stat lstat fstat fstatat stat64 statx access faccessat euidaccess readlink readlinkat
opendir fdopendir scandir glob ftw nftw realpath canonicalize_file_name chroot chdir fchdir mount
umount umount2 setxattr lsetxattr fsetxattr removexattr getxattr lgetxattr fgetxattr mkstemp
mkostemp mkdtemp tmpfile kill socket connect bind umask sethostname reboot init_module
delete_module""".split()
PRINTS = """printf vprintf fprintf vfprintf puts fputs putchar putc fputc fwrite perror psignal exit
_exit _Exit quick_exit err errx warn warnx error""".split()

# What a file outside the floor may call all the same, with the reason.
ALLOWED = {
    "src/base/mem.c": (set(PRINTS), "the abort without memory says why (docs/decisions/0001)"),
    "src/base/arena.c": (set(PRINTS), "the abort without memory says why (docs/decisions/0001)"),
    "src/root/run.c": ({"_exit"}, "the child after a failed exec"),
    "src/root/detach.c": ({"_exit"}, "the children after a failed exec"),
    "src/root/helper.c": ({"_exit"}, "the helper, when the check has gone"),
    "src/root/worker.c": ({"_exit"}, "the worker and its janitor"),
    "src/root/confine.c": ({"_exit"}, "the processes of a confined program"),
    "src/root/gate.c": ({"_exit"}, "the gate and its connections"),
}

# What only a running system has is shown there: tests/os/test-live-container compares with these
# tables, one of a quiet system and one where everything is exposed.
LIVE_TABLES = ("tests/os/live-quiet.expect", "tests/os/live-exposed.expect")
# No case can have what these resources look at.
LIVE_RESOURCES = {"port": "sockets; shown by no-telnet-listener, high-risk-ports in LIVE_TABLES"}
# No test system can show these.
LIVE_RULES = {"newest-kernel-running": "a container runs the kernel of its host, an image none: "
              "what is compared is in tests/unit/test_updates.c"}

failures = []
checked = 0


def check(good, text):
    global checked
    checked += 1
    if not good:
        failures.append(text)


def tracked():
    try:
        out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                              "--exclude-standard"], cwd=ROOT, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=False).stdout
    except FileNotFoundError:
        out = b""
    names = [n for n in out.decode("utf-8", "surrogateescape").split("\0") if n]
    if not names:  # an unpacked release, no git, or a checkout of another user
        for folder, dirs, files in os.walk(ROOT):
            dirs[:] = [d for d in dirs if not d.startswith((".git", "build"))]
            names += [os.path.relpath(os.path.join(folder, f), ROOT) for f in files]
    return [n for n in names if os.path.lexists(os.path.join(ROOT, n))]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as f:
        return f.read()


LITERALS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    """Keeps line ends, so that line numbers stay true."""
    text = match.group(0)
    if text[0] in "\"'":
        return text[0] + text[0]
    return re.sub(r"[^\n]", " ", text)


def code_of(text):
    """C without comments, string contents, directives and #else branches; same line numbers."""
    out, depth, dead = [], 0, []
    continued = False
    for line in LITERALS.sub(blank, text).split("\n"):
        if continued or line.lstrip().startswith("#"):
            word = re.match(r"\s*#\s*(\w+)", line) if not continued else None
            if word:
                w = word[1]
                if w in ("if", "ifdef", "ifndef"):
                    depth += 1
                elif w in ("else", "elif") and depth not in dead:
                    dead.append(depth)
                elif w == "endif":
                    if depth in dead:
                        dead.remove(depth)
                    depth -= 1
            continued = line.endswith("\\")
            out.append("")
        else:
            out.append("" if dead else line)
    return "\n".join(out)


def functions(code):
    """[(name, first line, lines)] of the function definitions."""
    found = []
    depth, head_start, line = 0, 0, 1
    head = ""
    current = None
    for ch in code:
        if ch == "\n":
            line += 1
        if depth == 0:
            if ch == "{":
                # a definition: "type name(parameters)", perhaps with attributes, and no initialiser
                text = head.strip()
                m = re.search(r"([A-Za-z_]\w*)\s*\(", text)
                if m and "=" not in re.sub(r"\([^()]*\)", "", text) and \
                        not re.match(r"(typedef|struct|union|enum)\b[^(]*$", text):
                    current = (m[1], head_start)
                depth = 1
            elif ch in ";}":
                head = ""
            else:
                if not head.strip() and not ch.isspace():
                    head, head_start = "", line
                head += ch
        elif ch == "{":
            depth += 1
        elif ch == "}":
            depth -= 1
            if depth == 0:
                if current:
                    found.append((current[0], current[1], line - current[1] + 1))
                    current, head = None, ""
    return found


def check_source(name):
    text = read(name)
    code = code_of(text)
    floor = name.split("/")[1]
    check(floor in LOWER, "%s: no such floor" % name)
    bad = []
    for i, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if m:
            target = m[1].split("/")[0]
            if "/" not in m[1] or target not in LOWER:
                bad.append("%s:%d: include \"floor/name.h\", not %s" % (name, i, m[1]))
            elif target != floor and target not in LOWER.get(floor, []):
                bad.append("%s:%d: %s may not include %s" % (name, i, floor, m[1]))
    check(not bad, "\n".join(bad))

    banned = set()
    if floor != "root":
        banned |= set(TOUCHES)
    if floor != "cli":
        banned |= set(PRINTS)
    banned -= ALLOWED.get(name, (set(), ""))[0]
    bad = []
    for i, line in enumerate(code.split("\n"), 1):
        # A call: not a member, not part of a longer name, not a declaration "int open(".
        for m in re.finditer(r"(?<![\w.>])([a-zA-Z_]\w*)\s*\(", line):
            before = line[:m.start()].rstrip()
            declared = re.search(r"[\w*]$", before) and \
                not re.search(r"\b(return|else|do|case)$", before)
            if m[1] in banned and not declared:
                bad.append("%s:%d: %s() is not for this floor" % (name, i, m[1]))
    check(not bad, "\n".join(bad))
    check_sizes(name, text, code)


def check_sizes(name, text, code):
    lines = text.count("\n") + (not text.endswith("\n") and bool(text))
    check(lines < FILE_LINES, "%s: %d lines, the limit is %d" % (name, lines, FILE_LINES))
    long = ["%s:%d: %s() has %d lines, the limit is %d" % (name, at, f, n, FUNCTION_LINES)
            for f, at, n in functions(code) if n >= FUNCTION_LINES]
    check(not long, "\n".join(long))
    if name.endswith(".h") and not name.endswith("/table.h"):  # included once per use
        check("#pragma once" in text, "%s: no #pragma once" % name)


def check_words(name):
    """No unfinished work, no path or host of one machine."""
    text = read(name)
    bad = []
    for i, line in enumerate(text.split("\n"), 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            bad.append("%s:%d: unfinished work goes to the tracker, not into files" % (name, i))
        if re.search(r"(?<![\w.])/(work|home/(?!\w*(user|alice|bob|op|admin|NAME))\w+|Users)/\w",
                     line) and not name.startswith("tests/"):
            bad.append("%s:%d: a path of one machine: %s" % (name, i, line.strip()[:80]))
        if re.search(r"(?<![\w.])/(work)/[a-z]", line):
            bad.append("%s:%d: a path of one machine" % (name, i))
        for host in re.findall(r"https?://([\w.-]+(?::\d+)?)", line):
            if ":" in host or re.search(r"(^|\.)(local|internal|corp|lan)$", host) or \
                    (re.match(r"\d+\.\d+\.\d+\.\d+$", host) and host != "127.0.0.1"):
                bad.append("%s:%d: a host of one network: %s" % (name, i, host))
    check(not bad, "\n".join(bad))


def resources():
    return re.findall(r"^RESOURCE\((\w+)\)", read("src/resource/table.h"), re.M)


VERDICT = r"(pass|fail|waived|evidence-needed|not-applicable|unknown)"


def golden_verdicts(text):
    """{rule id: verdict} of --format lines, or of a hand-checked table with the same first words"""
    return {m[2]: m[1] for m in re.finditer("^" + VERDICT + r" ([a-z][a-z0-9-]*)(?: +#.*)?$",
                                            text, re.M)}


def case_folders():
    found = []
    base = os.path.join(ROOT, "tests/cases")
    for folder, dirs, files in os.walk(base):
        dirs.sort()
        if "rule.yaml" in files:
            dirs.clear()
            found.append(os.path.relpath(folder, ROOT))
    return found


ROW = re.compile(r"(?:^|[-{,\[])[ \t]*([a-z][a-z-]*):[ \t]*([^\s,}\]#]+)", re.M)


def rows_of(yaml, names):
    return {(r, k.strip("\"'")) for r, k in ROW.findall(yaml) if r in names}


def case_verdicts(names):
    """{(resource, key): {verdicts of cases that have it}}, {folder: verdict}"""
    by_row, by_case = {}, {}
    for folder in case_folders():
        golden = os.path.join(ROOT, folder, "expect.check")
        verdict = None
        if os.path.exists(golden):
            verdict = golden_verdicts(read(os.path.join(folder, "expect.check"))).get("case")
        by_case[folder] = verdict
        for row in rows_of(read(os.path.join(folder, "rule.yaml")), names):
            by_row.setdefault(row, set()).add(verdict)
    return by_row, by_case


def check_resources(names, by_case):
    for name in names:
        name = name.replace("_", "-")
        check(os.path.exists(os.path.join(ROOT, "docs/resources/%s.md" % name)),
              "resource %s has no page docs/resources/%s.md" % (name, name))
        if name in LIVE_RESOURCES:
            for table in LIVE_TABLES:
                check(os.path.exists(os.path.join(ROOT, table)), "%s is missing" % table)
            continue
        have = {v for f, v in by_case.items() if f.startswith("tests/cases/%s/" % name)}
        check("pass" in have, "tests/cases/%s has no passing case" % name)
        check("fail" in have, "tests/cases/%s has no failing case" % name)
    for folder, verdict in by_case.items():
        check(verdict is not None, "%s: expect.check has no verdict of the rule" % folder)


def policy_rules():
    """[(file, rule id, its text)]"""
    found = []
    folder = os.path.join(ROOT, "policy/mlps")
    if not os.path.isdir(folder):
        return found
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".yaml"):
            continue
        text = re.sub(r"(^|\s)#[^\n]*", r"\1", read("policy/mlps/" + name))
        rules = text.split("\nrules:", 1)[-1]
        parts = re.split(r"(?m)^\s*-\s+id:\s*", rules)[1:]
        found += [("policy/mlps/" + name, p.split("\n", 1)[0].strip(), p) for p in parts]
    return found


def check_policy(names, by_row):
    goldens = {}
    for folder, _, files in os.walk(os.path.join(ROOT, "tests")):
        for f in files:
            rel = os.path.relpath(os.path.join(folder, f), ROOT)
            if (f == "expect.check" and rel.startswith("tests/roots/")) or \
                    (f.endswith(".expect") and rel.startswith("tests/os/")):
                for rule, verdict in golden_verdicts(read(rel)).items():
                    goldens.setdefault(rule, set()).add(verdict)
    for name, rule, text in policy_rules():
        rows = rows_of(text, names)
        if not rows or rule in LIVE_RULES:
            continue
        shown = goldens.get(rule, set())
        passes = "pass" in shown or all("pass" in by_row.get(r, ()) for r in rows)
        fails = "fail" in shown or any("fail" in by_row.get(r, ()) for r in rows)
        check(passes, "%s: rule %s has no passing case" % (name, rule))
        check(fails, "%s: rule %s has no failing case" % (name, rule))


def check_fuzz(files):
    for name in files:
        m = re.match(r"tests/fuzz/fuzz_(\w+)\.c$", name)
        if m:
            corpus = os.path.join(ROOT, "tests/fuzz/corpus", m[1])
            check(os.path.isdir(corpus) and any(os.scandir(corpus)),
                  "%s has no corpus tests/fuzz/corpus/%s" % (name, m[1]))
            check(re.search(r"\+= '%s'" % m[1], read("tests/fuzz/meson.build")),
                  "%s is not in tests/fuzz/meson.build" % name)


def check_tests_listed(files):
    listed = read("tests/unit/meson.build")
    for name in files:
        m = re.match(r"tests/unit/test_(\w+)\.c$", name)
        if m:
            check("'%s'" % m[1] in listed, "%s is not in tests/unit/meson.build" % name)


def check_documents():
    # Two printed pages: 60 lines of 100 columns each.
    for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        check(os.path.exists(os.path.join(ROOT, name)), "%s is missing" % name)
    if os.path.exists(os.path.join(ROOT, "ARCHITECTURE.md")):
        lines = sum(max(1, -(-len(s) // LINE_COLUMNS)) for s in read("ARCHITECTURE.md").split("\n"))
        check(lines <= 120, "ARCHITECTURE.md: %d lines, two pages are 120" % lines)


def main():
    files = tracked()
    sources = [f for f in files if re.match(r"src/.*\.[ch]$", f)]
    if sys.argv[1:] == ["--functions"]:
        every = [(n, "%s:%d %s" % (s, at, f)) for s in sources
                 for f, at, n in functions(code_of(read(s)))]
        for n, where in sorted(every, reverse=True)[:40]:
            print("%4d %s" % (n, where))
        return 0
    for name in sources:
        check_source(name)
    for name in files:
        if re.match(r"tests/.*\.[ch]$", name):
            text = read(name)
            check_sizes(name, text, code_of(text))
        if re.search(r"\.(c|h|py|sh|bats|md|yaml|build|json|txt|scd)$|^Makefile$|^scripts/|"
                     r"^\.ci/|^tests/(run-|os/|bench/)", name) and \
                os.path.isfile(os.path.join(ROOT, name)) and name != "scripts/structure.py":
            check_words(name)
    names = resources()
    by_row, by_case = case_verdicts({n.replace("_", "-") for n in names})
    check_resources(names, by_case)
    check_policy({n.replace("_", "-") for n in names}, by_row)
    check_fuzz(files)
    check_tests_listed(files)
    check_documents()
    for text in failures:
        print(text)
    print("%d passed, %d failed, 0 skipped" % (checked - len(failures), len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
