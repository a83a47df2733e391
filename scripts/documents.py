#!/usr/bin/python3
"""The documents are true where a machine can tell: every relative link leads to a file and every anchor
to a heading; every test that docs/traps.md and docs/threat-model.md name exists, and every claim of the
latter names one; docs/support.md names every root of the tests; the README leads to every page; what is
spelt wrong is found by codespell, in what the program says too.

Each link, claim or file counts as one test; the last line is "N passed, N failed, N skipped".
"""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Words that codespell takes for mistakes: doas(1), chage(1), iif of nft(8), tokens of parsers …
WORDS = ("doas,chage,te,nd,fo,hist,ans,ser,crate,statics,ue,inout,sav,"
         "iif,toke,want's,msdos,suficient,crypted,localed,tread")
# Written for readers of the source, not of the documents.
NO_LINKS = re.compile(r"^(tests|examples)/")
# Pages that others link, not the README itself: one of several of their kind.
REACHED_BY_FOLDER = re.compile(r"^docs/(items|resources|decisions|man)/")

failures = []
checked = skipped = 0


def check(good, text):
    global checked
    checked += 1
    if not good:
        failures.append(text)


def tracked():
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    names = [n for n in out.decode("utf-8", "surrogateescape").split("\0") if n]
    if not names:
        for folder, dirs, files in os.walk(ROOT):
            dirs[:] = [d for d in dirs if not d.startswith((".git", "build"))]
            names += [os.path.relpath(os.path.join(folder, f), ROOT) for f in files]
    return sorted(n for n in names if os.path.exists(os.path.join(ROOT, n)))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def without_code(text):
    text = re.sub(r"(?ms)^(```|~~~).*?^\1[^\n]*$", "", text)
    text = re.sub(r"(?m)^    [^\n]*$", "", text)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(text):
    """As GitHub makes them: lower case, without punctuation, blanks become hyphens."""
    found = set()
    for heading in re.findall(r"(?m)^#{1,6}\s+(.*?)\s*#*$", re.sub(r"(?ms)^```.*?^```", "", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        plain = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        n, name = 0, plain
        while name in found:
            n += 1
            name = "%s-%d" % (plain, n)
        found.add(name)
    return found


def links(name, text):
    """[(link as written, file, anchor)] of the relative links."""
    found = []
    for target in re.findall(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", without_code(text)):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        where = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
        found.append((target, where, anchor))
    return found


def check_links(pages):
    reached = {}
    for name in pages:
        for target, where, anchor in links(name, read(name)):
            reached.setdefault(where, set()).add(name)
            there = os.path.exists(os.path.join(ROOT, where)) and not where.startswith("..")
            check(there, "%s: the link %s leads nowhere" % (name, target))
            if there and anchor and where.endswith(".md"):
                check(anchor in anchors(read(where)), "%s: no heading for %s" % (name, target))
    # From the README everything is found, over other pages where need be.
    seen, todo = set(), ["README.md"]
    while todo:
        page = todo.pop()
        if page in seen:
            continue
        seen.add(page)
        if page.endswith(".md") and os.path.isfile(os.path.join(ROOT, page)):
            todo += [where for _, where, _ in links(page, read(page))]
    for name in pages:
        if not REACHED_BY_FOLDER.match(name):
            check(name in seen, "%s: no way from README.md to it" % name)


def check_claims():
    for page in ("docs/traps.md", "docs/threat-model.md"):
        text = read(page)
        named = re.findall(r"`((?:cases|unit|os|cli|fuzz)/[^`\s]+)`", text)
        check(len(named) > 30, "%s names too few tests" % page)
        for path in named:
            check(os.path.exists(os.path.join(ROOT, "tests", path)),
                  "%s names tests/%s, which is not there" % (page, path))
    for line in read("docs/threat-model.md").split("\n"):
        if line.startswith("| ") and not re.match(r"\| [^|]* \| shown by \|$", line):
            check(re.search(r"`(cases|unit|os|cli|fuzz)[/`]", line),
                  "docs/threat-model.md: a claim without its test: %s" % line[:70])
    support = read("docs/support.md")
    folder = os.path.join(ROOT, "tests/roots")
    for name in sorted(os.listdir(folder)):
        if os.path.isdir(os.path.join(folder, name)):
            check("`roots/%s`" % name in support, "docs/support.md says nothing of roots/%s" % name)


def check_languages(pages):
    """A page in Chinese has one in English, with as many sections and examples."""
    for name in pages:
        if not name.endswith(".zh.md"):
            continue
        other = name[:-6] + ".md"
        there = os.path.exists(os.path.join(ROOT, other))
        check(there, "%s: there is no %s" % (name, other))
        check(there and len(re.findall(r"(?m)^## ", read(name))) ==
              len(re.findall(r"(?m)^## ", read(other))), "%s and %s differ in sections" % (name, other))


def check_spelling(files):
    global skipped
    if not shutil.which("codespell"):
        print("skipped: codespell is not installed")
        skipped += 1
        return
    kinds = re.compile(r"^(README|SECURITY|CHANGELOG|CONTRIBUTING|ARCHITECTURE)\.md$|^docs/.*\.(md|yaml)$|"
                       r"^(packaging|policy|examples)/.*\.(md|yaml)$|^src/.*\.[ch]$|^data/|^tests/os/(test|oracle)-")
    asked = [n for n in files if kinds.search(n)]
    out = subprocess.run(["codespell", "-q", "35", "-L", WORDS, *asked], cwd=ROOT, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
    wrong = [line for line in out.split("\n") if "==>" in line]
    check(not wrong, "spelling:\n  " + "\n  ".join(wrong))


def main():
    files = tracked()
    pages = [n for n in files if n.endswith(".md") and not NO_LINKS.match(n) and "/man/" not in n]
    check_links(pages)
    check_claims()
    check_languages(pages)
    check_spelling(files)
    for text in failures:
        print(text)
    print("%d passed, %d failed, %d skipped" % (checked - len(failures), len(failures), skipped))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
