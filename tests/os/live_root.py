"""A system small enough to be copied hundreds of times that is nevertheless live to the program: a
tree of tests/roots with the program, the real sh, bash and visudo, and stand-ins for the tools that
would act on this machine (systemctl, augenrules, sshd …), entered by chroot in namespaces of its own.
/proc/sys is read-only there, as in a container.

    live = LiveRoot(directory, "roots/debian12", program)
    live.reset();  done = live.run("apply", "--yes");  live.take();  live.close()
"""
import os
import re
import shutil
import subprocess

import snapshot

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ENV = {"ASAN_OPTIONS": "detect_leaks=0", "LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}

# Keeps the state of units in files, so that what was started and stopped is seen.
SYSTEMCTL = r"""#!/bin/sh
d=/run/units; mkdir -p $d
state() { [ -e "$d/$1.off" ] && echo inactive || echo active; }
case "$1" in
show)
	for u; do :; done
	case "$u" in
	'*') for u in ssh.service sshd.service auditd.service rsyslog.service chronyd.service chrony.service; do
		printf 'Id=%s\nNames=%s\nLoadState=loaded\nActiveState=%s\nSubState=running\nUnitFileState=enabled\n\n' \
			$u $u "$(state $u)"; done ;;
	*) printf 'Id=%s\nNames=%s\nLoadState=loaded\nActiveState=%s\nSubState=running\nUnitFileState=enabled\n\n' \
		"$u" "$u" "$(state "$u")" ;;
	esac ;;
*) echo "systemctl $*" >>/run/log
	case "$1" in stop) : >"$d/$2.off" ;; start|restart) rm -f "$d/$2.off" ;; esac ;;
esac
exit 0
"""
QUIET = "#!/bin/sh\necho \"%s $*\" >>/run/log\nexit 0\n"


def libraries(program):
    out = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                         check=False).stdout
    return re.findall(r"(/[^ ]+) \(0x", out)


class LiveRoot:
    def __init__(self, directory, tree, program):
        self.directory, self.base = directory, os.path.join(directory, "base")
        self.merged = os.path.join(directory, "live")
        self.mounted, self.copied = False, set()
        subprocess.run([os.path.join(PROJECT, "tests/run-cases"), "--make", tree, self.base], check=True)
        for p in ("/bin/sh", "/bin/bash", "/usr/sbin/visudo", "/usr/bin/sleep", "/usr/bin/mkdir",
                  "/usr/bin/rm", "/usr/bin/cat", "/usr/bin/grep"):
            if os.path.exists(p):
                self.copy(p)
        self.copy(program, "/opt/dengbao")
        for d in ("proc", "dev", "tmp", "run/systemd/system", "sys"):
            os.makedirs(os.path.join(self.base, d), exist_ok=True)
        # lckpwdf(3) makes it, and nobody takes it away: it has been there since the first account.
        with open(os.path.join(self.base, "etc/.pwd.lock"), "w") as f:
            os.fchmod(f.fileno(), 0o600)
        with open(self.base + "/dev/null", "wb"):
            pass
        self.tool("/usr/bin/systemctl", SYSTEMCTL)
        self.tool("/usr/sbin/augenrules", QUIET % "augenrules")
        self.tool("/usr/sbin/sshd", QUIET % "sshd")
        self.tool("/usr/sbin/nft", QUIET % "nft")
        self.reset()

    @staticmethod
    def place(root, path):
        """Where a path lies below root; /lib64 may be a link to usr/lib64."""
        parent = os.path.realpath(root + os.path.dirname(path))
        if not (parent + "/").startswith(os.path.realpath(root) + "/"):
            raise ValueError(path)
        os.makedirs(parent, exist_ok=True)
        return os.path.join(parent, os.path.basename(path))

    def copy(self, program, to=None):
        for f in [program] + libraries(program):
            place = self.place(self.base, to if to and f == program else f)
            if place in self.copied:
                continue
            self.copied.add(place)
            if os.path.lexists(place):
                os.unlink(place)  # an empty stand-in of the tree
            shutil.copy2(os.path.realpath(f), place)
            os.chown(place, 0, 0)

    def tool(self, path, text, live=False):
        place = self.place(self.merged if live else self.base, path)
        if os.path.lexists(place):
            os.unlink(place)
        with open(place, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(place, 0o755)
        os.chown(place, 0, 0)

    def reset(self, keep=None):
        """A fresh copy; keep: the contents of an upper layer saved by save()."""
        self.close()
        for name in ("upper", "work"):
            shutil.rmtree(os.path.join(self.directory, name), ignore_errors=True)
            if name == "upper" and keep:
                subprocess.run(["cp", "-a", keep, os.path.join(self.directory, name)], check=True)
            os.makedirs(os.path.join(self.directory, name), exist_ok=True)
        os.makedirs(self.merged, exist_ok=True)
        options = ",".join("%s=%s" % (k, os.path.join(self.directory, v)) for k, v in (
            ("lowerdir", "base"), ("upperdir", "upper"), ("workdir", "work")))
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, self.merged], check=True)
        self.mounted = True

    def save(self, name):
        path = os.path.join(self.directory, name)
        shutil.rmtree(path, ignore_errors=True)
        self.close()
        subprocess.run(["cp", "-a", os.path.join(self.directory, "upper"), path], check=True)
        self.reset(path)
        return path

    def close(self):
        if self.mounted:
            subprocess.run(["umount", self.merged], check=True)
            self.mounted = False

    def command(self, *args, under=()):
        # strace and the like run outside: their files are this machine's.
        script = ("mount -t proc -o ro proc \"$1/proc\" && mount --bind /dev/null \"$1/dev/null\" && "
                  "root=$1; shift; exec \"$@\"")
        return ["unshare", "-m", "-p", "-f", "--kill-child", "sh", "-c", script, "sh", self.merged,
                *under, "chroot", self.merged, "/opt/dengbao", *args]

    def run(self, *args, under=(), timeout=120):
        return subprocess.run(self.command(*args, under=under), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV, text=True,
                              errors="replace", timeout=timeout)

    def take(self):
        """The tree, without what a running system keeps in memory."""
        found = snapshot.take(self.merged)
        return {n: e for n, e in found.items()
                if not n.startswith((b"/run", b"/tmp", b"/proc", b"/dev"))}

    def log(self):
        try:
            with open(self.merged + "/run/log", encoding="utf-8") as f:
                return f.read()
        except OSError:
            return ""
