"""What a tree is, for comparing: every name with type, mode, owner, size, time of change, extended
attributes (ACLs and labels among them), contents and link targets."""
import hashlib
import os
import stat

STATE = b"/var/lib/dengbao"  # documented state: not part of what undo restores


def entry(path, name):
    st = os.lstat(path)
    kind = stat.S_IFMT(st.st_mode)
    content = None
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            content = hashlib.sha256(f.read()).hexdigest()
    elif stat.S_ISLNK(st.st_mode):
        content = os.readlink(path)
    xattrs = {}
    for x in os.listxattr(path, follow_symlinks=False):
        xattrs[x] = os.getxattr(path, x, follow_symlinks=False)
    mtime = st.st_mtime_ns
    if name == os.path.dirname(STATE):  # the state directory was made in it
        mtime = None
    return {"type": kind, "mode": stat.S_IMODE(st.st_mode), "owner": (st.st_uid, st.st_gid),
            "mtime": mtime, "xattrs": xattrs, "content": content, "nlink": st.st_nlink
            if stat.S_ISREG(st.st_mode) else None}


def take(root):
    """{name: entry} of everything below root but the state directory."""
    root = os.fsencode(root)
    found = {b"/": entry(root, b"/")}
    stack = [b""]
    while stack:
        directory = stack.pop()
        for e in os.scandir(root + directory):
            name = directory + b"/" + e.name
            if name == STATE:
                continue
            found[name] = entry(e.path, name)
            if e.is_dir(follow_symlinks=False):
                stack.append(name)
    return found


def differences(a, b, times=True):
    """Lines that say what differs; with times False, times of change do not count."""
    lines = []
    for name in sorted(set(a) | set(b)):
        if name not in a or name not in b:
            lines.append("%s: only %s" % (os.fsdecode(name), "after" if name not in a else "before"))
            continue
        for key, value in a[name].items():
            if b[name][key] != value and (times or key != "mtime"):
                lines.append("%s: %s %r -> %r" % (os.fsdecode(name), key, value, b[name][key]))
    return lines
