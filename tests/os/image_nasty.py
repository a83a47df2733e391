#!/usr/bin/python3
"""Archives, trees and disks that are wrong on purpose: image_nasty.py TREE OUT CANARY

TREE is a small good root. OUT gets what is to be refused (bad-*) and what is to be built although it
looks for trouble (odd-*). CANARY is a directory of the machine that nothing may touch."""
import io
import os
import subprocess
import sys
import tarfile

TREE, OUT, CANARY = sys.argv[1:4]


def out(name):
    return os.path.join(OUT, name)


def tar(name, members, base=True):
    """members: (TarInfo, bytes)"""
    with tarfile.open(out(name), "w", format=tarfile.PAX_FORMAT) as t:
        if base:
            t.add(TREE, arcname=".")
        for info, data in members:
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))


def member(name, kind=tarfile.REGTYPE, link="", data=b"", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info, data


def tars():
    tar("bad-dotdot.tar", [member("../../../../../.." + CANARY + "/new", data=b"x")])
    tar("bad-dotdot-inside.tar", [member("usr/../../../new", data=b"x")])
    tar("bad-through-link.tar", [member("out", tarfile.SYMTYPE, CANARY), member("out/new", data=b"x")])
    tar("bad-through-up.tar", [member("up", tarfile.SYMTYPE, "../../../../.." + CANARY),
                               member("up/new", data=b"x")])
    tar("bad-hardlink-out.tar", [member("hard", tarfile.LNKTYPE, "../../../.." + CANARY + "/file")])
    tar("bad-hardlink-through.tar", [member("out", tarfile.SYMTYPE, CANARY),
                                     member("hard", tarfile.LNKTYPE, "out/file")])
    tar("bad-hardlink-nowhere.tar", [member("hard", tarfile.LNKTYPE, "no/such")])
    tar("bad-directory-replaced.tar", [member("etc", data=b"x")])
    tar("bad-no-system.tar", [member("hello", data=b"x")], base=False)
    tar("bad-long.tar", [member("d/" * 3000 + "x", data=b"x")])
    tar("bad-deep.tar", [member("d/" * 300 + "x", data=b"x")])
    tar("odd-absolute.tar", [member(CANARY + "/new", data=b"x"),
                             member("hard", tarfile.LNKTYPE, "/etc/passwd")])
    tar("odd-links.tar", [member("a", tarfile.SYMTYPE, "b"), member("b", tarfile.SYMTYPE, "a"),
                          member("self", tarfile.SYMTYPE, "self"),
                          member("etc/profile.d", tarfile.SYMTYPE, CANARY),
                          member("etc/security/pwquality.conf", tarfile.SYMTYPE, CANARY + "/file"),
                          member("etc/issue.net", tarfile.SYMTYPE, "../../../../.." + CANARY + "/file")])
    device = member("dev/disk", tarfile.BLKTYPE)
    device[0].devmajor, device[0].devminor = 7, 200
    tar("odd-devices.tar", [member("dev", tarfile.DIRTYPE, mode=0o755), device,
                            member("fifo", tarfile.FIFOTYPE), member("etc/motd", tarfile.FIFOTYPE)])
    tar("odd-setuid.tar", [member("usr/bin/helper", data=b"#!/bin/sh\n", mode=0o6755)])
    good = open(out("odd-setuid.tar"), "rb").read()
    with open(out("bad-cut.tar"), "wb") as f:
        f.write(good[:len(good) * 2 // 3 // 512 * 512 + 100])
    with open(out("bad-flipped.tar"), "wb") as f:
        at = len(good) // 2 // 512 * 512
        f.write(good[:at] + bytes(255 - x for x in good[at:at + 4096]) + good[at + 4096:])
    info = tarfile.TarInfo("huge")
    info.size = 1 << 62
    with open(out("bad-huge.tar"), "wb") as f:
        f.write(good[:good.rindex(b"usr/bin/helper") // 512 * 512])
        f.write(info.tobuf(tarfile.GNU_FORMAT))
        f.write(b"x" * 4096)
    for name, command in (("bad-packed.tar.gz", ["gzip", "-c"]), ("bad-packed.tar.xz", ["xz", "-c"])):
        with open(out(name), "wb") as f:
            subprocess.run([*command, out("odd-setuid.tar")], stdout=f, check=True)


def copy(name):
    subprocess.run(["cp", "-a", TREE, out(name)], check=True)
    return out(name)


def trees():
    t = copy("odd-tree")
    os.symlink("/etc", t + "/etc/again")
    os.symlink("../../../..", t + "/usr/up")
    os.symlink(CANARY, t + "/var/spool-out")
    os.symlink("loop2", t + "/loop1")
    os.symlink("loop1", t + "/loop2")
    for name in ("etc/issue", "etc/issue.net", "etc/login.defs", "etc/passwd-"):
        if os.path.lexists(t + "/" + name):
            os.unlink(t + "/" + name)
        os.symlink("../../../../../../.." + CANARY + "/file", t + "/" + name)
    t = copy("odd-etc-is-link")
    os.rename(t + "/etc", t + "/usr/real-etc")
    os.symlink("usr/real-etc", t + "/etc")
    t = copy("bad-etc-out")
    os.rename(t + "/etc", t + "/moved")
    os.symlink(CANARY, t + "/etc")
    t = copy("bad-sparse")
    with open(t + "/var/bomb", "w", encoding="ascii") as f:
        f.truncate(7 << 40)
    t = copy("bad-deep")
    for _ in range(300):
        t += "/d"
        try:
            os.mkdir(t)
        except OSError:
            os.chdir(os.path.dirname(t))
            t = "d"
            os.mkdir(t)
        os.chdir(t)
        t = "."
    os.chdir("/")
    os.mkdir(out("bad-empty-tree"))


tars()
trees()
