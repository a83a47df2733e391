# shellcheck shell=bash
# Sourced by the tests on real systems. What a test makes lies in its own work directory and is
# unmounted, stopped and removed when the test ends, however it ends. Roots are built once and kept
# read-only under DENGBAO_OS_DIR; tests work on overlay copies.
#
#   . "$(dirname "$0")/lib.sh"
#   os_need root mmdebstrap               # else: skipped, with the reason
#   os_root ROOT server                   # a kept Debian 12 root: small | server
#   os_copy COPY "$ROOT"                  # a writable throw-away copy
#   os_boot PID "$COPY"                   # boots it as a container; PID of its systemd
#   os_guest "$PID" command …             # runs a command in it
#   os_is WHAT EXPECTED GOT;  os_ok WHAT command …
#   os_done                               # prints the tally, exits 0 or 1
set -u
export LC_ALL=C.UTF-8
OS_PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
OS_NAME=$(basename "$0")
DENGBAO_OS_DIR=${DENGBAO_OS_DIR:-/var/tmp/dengbao-os}
DEV=${DEV:-$OS_PROJECT/build-dev}
DENGBAO=${DENGBAO:-$DEV/dengbao}
OS_PASSED=0 OS_FAILED=0 OS_SKIPPED=0
OS_WORK="" OS_MOUNTS=() OS_GUESTS=() OS_BOOTED=()

os_skip() { echo "$*"; exit 77; }
os_fail() { OS_FAILED=$((OS_FAILED + 1)); printf 'FAILED: %s\n' "$*"; }
os_pass() { OS_PASSED=$((OS_PASSED + 1)); }
os_is() { # WHAT EXPECTED GOT
	if [ "$2" = "$3" ]; then os_pass; else os_fail "$1: expected «$2», got «$3»"; fi
}
os_ok() { # WHAT command …
	local what=$1 out
	shift
	if out=$("$@" 2>&1); then os_pass; else os_fail "$what (exit $?): $(tail -c 2000 <<<"$out")"; fi
}
os_done() {
	echo "$OS_NAME: $OS_PASSED passed, $OS_FAILED failed, $OS_SKIPPED skipped"
	[ "$OS_FAILED" = 0 ] && [ "$OS_PASSED" -gt 0 ]
	exit
}

os_need() {
	local n
	for n in "$@"; do
		case $n in
		root) [ "$(id -u)" = 0 ] || os_skip "needs root" ;;
		overlay) grep -qw overlay /proc/filesystems || os_skip "needs overlayfs" ;;
		*) command -v "$n" >/dev/null 2>&1 || os_skip "needs the program $n" ;;
		esac
	done
}

# Ends what os_boot started: first asks, then kills, then waits.
os_stop() { # PID
	local p=$1 i
	timeout -k 1 10 nsenter -t "$p" -a systemctl poweroff >/dev/null 2>&1 </dev/null
	for i in $(seq 100); do
		[ -d "/proc/$p" ] || return 0
		[ "$i" = 80 ] && kill -9 "$p" 2>/dev/null
		sleep 0.1
	done
}

os_cleanup() {
	local code=$? i
	trap - EXIT
	trap '' INT TERM # a second request must not leave a half cleaned machine
	# A guest that goes down stops every process first, and an nsenter outside stops with its child
	# and never collects it: the guest would wait for that. So what this test left running in guests
	# goes before them.
	for i in $(jobs -p); do
		case " ${OS_BOOTED[*]} " in
		*" $i "*) ;;
		*) kill -9 "$i" && wait "$i" ;;
		esac 2>/dev/null
	done
	for i in "${OS_GUESTS[@]}"; do os_stop "$i"; done
	for ((i = ${#OS_MOUNTS[@]} - 1; i >= 0; i--)); do
		umount -R "${OS_MOUNTS[i]}" 2>/dev/null || umount -R -l "${OS_MOUNTS[i]}" 2>/dev/null
	done
	# Never remove through a mount that would not go away.
	[ -n "$OS_WORK" ] && rm -rf --one-file-system "$OS_WORK"
	exit "$code"
}
trap os_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

os_work() { # VAR: a directory of this test's own
	if [ -z "$OS_WORK" ]; then
		mkdir -p "$DENGBAO_OS_DIR/run"
		OS_WORK=$(mktemp -d "$DENGBAO_OS_DIR/run/$OS_NAME.XXXXXX") || exit 1
		chmod 755 "$OS_WORK"
	fi
	printf -v "$1" %s "$OS_WORK"
}

OS_SMALL=systemd,libpam-modules,passwd,login,sudo,openssh-server,libpam-pwquality,cracklib-runtime
OS_SERVER=systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,auditd,audispd-plugins,rsyslog
OS_SERVER=$OS_SERVER,libpam-pwquality,libpam-modules,chrony,cron,nftables,cloud-init,logrotate
OS_SERVER=$OS_SERVER,iproute2,iputils-ping,python3,acl,ca-certificates,locales,ifupdown
OS_SERVER=$OS_SERVER,isc-dhcp-client

os_root() { # VAR small|server: a kept Debian 12 root, made with this machine's own apt sources
	local kind=$2 out="$DENGBAO_OS_DIR/debian12-$2" variant include
	os_need root mmdebstrap overlay
	case $kind in
	small) variant=minbase include=$OS_SMALL ;;
	server) variant=important include=$OS_SERVER,linux-image-cloud-amd64,initramfs-tools ;;
	*) echo "os_root: no such root: $kind" >&2; exit 1 ;;
	esac
	mkdir -p "$DENGBAO_OS_DIR"
	exec 8>"$DENGBAO_OS_DIR/.lock"
	flock 8
	if [ ! -e "$out.complete" ]; then
		rm -rf --one-file-system "$out"
		echo "making a Debian 12 root ($kind), once" >&2
		if ! mmdebstrap --quiet --variant=$variant --mode=root --components=main \
			--include="$include" bookworm "$out" >"$out.log" 2>&1; then
			tail -5 "$out.log"
			rm -rf --one-file-system "$out"
			os_skip "mmdebstrap cannot make a Debian 12 root here (no network?)"
		fi
		# A mark outside the image, so that the image stays as installed.
		: >"$out.complete"
	fi
	exec 8>&-
	printf -v "$1" %s "$out"
}

os_copy() { # VAR LOWER: a writable overlay copy
	local work n=${#OS_MOUNTS[@]}
	os_work work
	mkdir -p "$work/$n/u" "$work/$n/w" "$work/$n/m"
	mount -t overlay overlay -o "lowerdir=$2,upperdir=$work/$n/u,workdir=$work/$n/w" \
		"$work/$n/m" || os_skip "cannot mount an overlay here"
	OS_MOUNTS+=("$work/$n/m")
	printf -v "$1" %s "$work/$n/m"
}

# A first boot without questions and without what a container cannot do (kernel audit).
os_prepare() { # ROOT
	mkdir -p "$1/etc/cloud"
	: >"$1/etc/cloud/cloud-init.disabled"
	: >"$1/etc/machine-id"
	echo guest >"$1/etc/hostname"
	ln -sf /dev/null "$1/etc/systemd/system/auditd.service"
	rm -f "$1"/etc/ssh/ssh_host_*
	chroot "$1" ssh-keygen -A -q >/dev/null
}

os_boot() { # VAR ROOT [systemd-nspawn options]: the PID of the container's first process
	local var=$1 root=$2 work log name pid c c2 i
	shift 2
	os_need systemd-nspawn nsenter
	os_work work
	log=$work/console.log
	name=os$$-${#OS_GUESTS[@]}
	# No systemd on the machine is needed: not registered, no scope of its own. Its own network:
	# otherwise it would share port 22 with the machine.
	setsid systemd-nspawn -q -D "$root" --boot --machine="$name" --register=no --keep-unit \
		--private-network --resolv-conf=off --timezone=off --console=pipe "$@" \
		</dev/null >"$log" 2>&1 &
	pid=$!
	OS_BOOTED+=("$pid")
	for i in $(seq 100); do
		# shellcheck disable=SC2013
		for c in $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do
			# shellcheck disable=SC2013
			for c2 in $c $(cat "/proc/$c/task/$c/children" 2>/dev/null); do
				if [ "$(cat "/proc/$c2/comm" 2>/dev/null)" = systemd ]; then
					OS_GUESTS+=("$c2")
					printf -v "$var" %s "$c2"
					os_wait_booted "$c2" || { tail -5 "$log"; os_skip "the container did not boot"; }
					return 0
				fi
			done
		done
		[ -d "/proc/$pid" ] || break
		sleep 0.1
	done
	tail -5 "$log"
	os_skip "a container cannot be booted here"
}

os_wait_booted() { # PID
	local i
	for i in $(seq 150); do
		case $(nsenter -t "$1" -a systemctl is-system-running 2>/dev/null) in
		running | degraded) return 0 ;;
		esac
		sleep 0.2
	done
	return 1
}

# Whatever hangs in the guest ends with OS_LIMIT: the whole process group, since nsenter forks.
os_guest() { # PID command …
	local p=$1 own=
	shift
	[ -t 0 ] && own=--foreground
	timeout -k 5 $own "${OS_LIMIT:-180}" nsenter -t "$p" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root "$@"
}
