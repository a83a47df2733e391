#!/usr/bin/python3
"""What the image tests need: image_kit.py COMMAND ARGUMENT...

  list DIR                 every name below DIR, one a line, with all that an image keeps of it (times
                           in seconds: mke2fs -d keeps no more; those from CLAMP on are "new")
  disk DIR OUT gpt|mbr|bare [TYPE]
                           a disk image with DIR in it as ext4 (or another TYPE that can be filled:
                           ext2, ext3); gpt: boot code, a BIOS boot partition and the root
  offset IMAGE             "OFFSET SIZE" in bytes of the last partition; of the whole without a table
  items RESULT.json WHICH  "RULE VERDICT" lines; WHICH: a key of the file (before, after) or "."
  manifest FILE ROOT       what is wrong with a manifest by the published schemas of its parts, and with
                           its packages by CycloneDX 1.5, purl and dpkg's list in ROOT; nothing: it is well
                           (BOM_SCHEMA: a folder with the official schemas of CycloneDX, to check by them)
"""
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import urllib.parse


CLAMP = int(os.environ.get("CLAMP", 1 << 60))


def describe(path):
    st = os.lstat(path)
    time = int(st.st_mtime) if st.st_mtime < CLAMP else "new"
    parts = [oct(st.st_mode), str(st.st_uid), str(st.st_gid), str(time)]
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            parts += [str(st.st_nlink), str(st.st_size), hashlib.sha256(f.read()).hexdigest()]
    elif stat.S_ISLNK(st.st_mode):
        parts.append(repr(os.readlink(path)))
    elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        parts.append("%d:%d" % (os.major(st.st_rdev), os.minor(st.st_rdev)))
    for x in sorted(os.listxattr(path, follow_symlinks=False)):
        parts.append("%s=%s" % (x, os.getxattr(path, x, follow_symlinks=False).hex()))
    return " ".join(parts)


def names(top):
    stack = [top]
    while stack:
        directory = stack.pop()
        for e in os.scandir(directory):
            path = os.path.join(directory, e.name)
            if path == os.path.join(top, b"lost+found"):
                continue
            if e.is_dir(follow_symlinks=False):
                stack.append(path)
            elif stat.S_ISSOCK(e.stat(follow_symlinks=False).st_mode):
                continue
            yield path


def command_list(top):
    top = os.fsencode(top)
    for path in sorted(names(top)):
        print(ascii(path[len(top):]), describe(path))


def run(*argv, **more):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, **more)


def command_disk(top, out, layout, kind="ext4"):
    size = int(subprocess.run(["du", "-sm", "--apparent-size", top], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.split()[0])
    mib = size + size // 4 + 64
    start = {"gpt": 3, "mbr": 1, "bare": 0}[layout]
    with open(out, "wb") as f:
        f.truncate((mib + start + 1) << 20)
    at = "%s" % out
    if layout == "bare":
        run("mke2fs", "-q", "-F", "-t", kind, "-d", top, at, str(mib) + "m")
        return
    table = {"gpt": "label: gpt\nstart=2048, size=4096, type=21686148-6449-6E6F-744E-656564454649\n"
                    "start=6144, size=%d, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709\n",
             "mbr": "label: dos\nstart=2048, size=%d, type=83, bootable\n"}[layout] % (mib << 11)
    run("sfdisk", "-q", at, input=table.encode())
    with open(out, "r+b") as f:  # something like a boot loader, before and in its partition
        f.write(b"\xeb\x63BOOT" + bytes(range(100, 200)))
        if layout == "gpt":
            f.seek(1 << 20)
            f.write(b"STAGE2" * 1000)
    run("mke2fs", "-q", "-F", "-t", kind, "-d", top, "-E", "offset=%d" % (start << 20), at,
        str(mib) + "m")


def command_offset(image):
    done = subprocess.run(["sfdisk", "-J", image], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False)
    if done.returncode == 0 and done.stdout.strip():
        table = json.loads(done.stdout)["partitiontable"]
        part = table.get("partitions", [])[-1]
        print(part["start"] * 512, part["size"] * 512)
    else:
        print(0, os.path.getsize(image))


def command_items(path, which):
    with open(path, encoding="utf-8") as f:
        result = json.load(f)
    for item in (result if which == "." else result[which])["items"]:
        for rule in item["rules"]:
            print(rule["id"], rule["verdict"])


def by_schema(value, path):
    import jsonschema  # a package of its own
    with open(path, encoding="utf-8") as f:
        schema = json.load(f)
    store = {}
    for name in os.listdir(os.path.dirname(path)):  # what it refers to
        if name.endswith(".json"):
            with open(os.path.join(os.path.dirname(path), name), encoding="utf-8") as f:
                store["http://cyclonedx.org/schema/" + name.replace(".SNAPSHOT", "")] = part = json.load(f)
            store[part.get("$id", name)] = part
    resolver = jsonschema.RefResolver(schema.get("$id", ""), schema, store=store)
    check = jsonschema.validators.validator_for(schema)(schema, resolver=resolver)
    return ["%s: %s" % ("/".join(map(str, e.absolute_path)), e.message[:200])
            for e in check.iter_errors(value)]


def packages_of(root):
    known, status = set(), {}
    with open(os.path.join(root, "var/lib/dpkg/status"), encoding="utf-8") as f:
        for paragraph in f.read().split("\n\n"):
            status = dict(line.split(": ", 1) for line in paragraph.split("\n") if re.match(r"\w[^ ]*: ", line))
            if status.get("Status", "").endswith(" installed"):
                known.add((status["Package"], status["Version"]))
    return known


def command_manifest(path, root):
    with open(path, encoding="utf-8") as f:
        m = json.load(f)
    docs = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs")
    wrong = []
    for part, schema in (("before", "result"), ("after", "result"), ("plan", "plan")):
        wrong += [part + "/" + e for e in by_schema(m[part], os.path.join(docs, schema + ".schema.json"))]
    bom = m["packages"]
    if (bom["bomFormat"], bom["specVersion"], bom["version"]) != ("CycloneDX", "1.5", 1):
        wrong.append("packages: not CycloneDX 1.5")
    for c in bom["components"]:
        purl = re.fullmatch(r"pkg:deb/debian/([a-z0-9.%B+-]+)@([A-Za-z0-9.:~%+-]+)\?arch=(all|amd64)", c["purl"])
        if not purl or c["type"] != "library" or \
                [urllib.parse.unquote(s) for s in purl.groups()[:2]] != [c["name"], c["version"]]:
            wrong.append("component %s" % c)
    if {(c["name"], c["version"]) for c in bom["components"]} != packages_of(root):
        wrong.append("packages: not those of dpkg")
    if os.environ.get("BOM_SCHEMA"):
        folder = os.environ["BOM_SCHEMA"]
        name = next(n for n in os.listdir(folder) if n.startswith("bom-1.5") and n.endswith(".json"))
        wrong += ["bom/" + e for e in by_schema(bom, os.path.join(folder, name))]
    print("\n".join(wrong[:20]), end="")


if __name__ == "__main__":
    globals()["command_" + sys.argv[1]](*sys.argv[2:])
