# shellcheck shell=bash
# Sourced after lib.sh by tests that need a kernel of their own: the kept Debian 12 server root on an
# ext4 disk under qemu. Every start works on a throw-away layer over a system that has booted once,
# with its memory kept too, so that a start costs seconds; a start with kernel arguments boots afresh.
# One guest at a time on the whole machine. It dies with the test, however the test ends.
#
#   . "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/vm-lib.sh"
#   vm_need                         # else: skipped, with the reason
#   vm_start [KERNEL ARGUMENT…]     # else: skipped, with the reason
#   vm_ssh 'command'                # as root, through a door of the test's own (see below)
#   vm_put FILE… DIRECTORY          # copies into the guest
#   vm_program                      # puts dengbao there; then: vm_dengbao ARGUMENT…
#   vm_login USER PASSWORD command  # a real ssh login by password, through the system's own sshd
#   vm_key_login USER command       # the same with the test's key (vm_key_allow USER before)
#   vm_reset; vm_reboot; vm_wait    # power cut and boot; orderly reboot; 1 when it does not come up
#   vm_off                          # also done at the end of the test
#   vm_monitor 'HMP command'        # qemu's monitor, e.g. 'info status', 'set_link n0 off'
#   vm_console                      # what the serial console said since the start
#
# The door is a second sshd on port 2222 with a configuration in /opt/door, so that root gets in
# whatever the test does to the system's own sshd, PAM or accounts. Its port is all that the guest
# has beyond the kept root. VM_WAIT: seconds a boot may take (300).
VM_WAIT=${VM_WAIT:-300}
VM_PID="" VM_DISK="" VM_PORT=0 VM_DOOR=0 VM_ARGUMENTS=""
VM_KEPT=""

vm_need() {
	os_need root mmdebstrap overlay qemu-system-x86_64 qemu-img mkfs.ext4 ssh ssh-keygen setpriv \
		/usr/bin/python3
}

vm_cleanup() {
	[ -n "$VM_PID" ] && vm_off
	return 0
}
# The status of the test goes on to os_cleanup.
trap 'VM_STATUS=$?; vm_cleanup; (exit $VM_STATUS); os_cleanup' EXIT

vm_root_setup() { # ROOT: what makes the kept root bootable, and the door
	local root=$1
	mkdir -p "$root/etc/cloud" "$root/opt/door" "$root/root"
	: >"$root/etc/cloud/cloud-init.disabled"
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	echo guest >"$root/etc/hostname"
	printf '127.0.0.1 localhost guest\n::1 localhost\n' >"$root/etc/hosts"
	echo '/dev/vda / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
	printf 'auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n  address %s\n  gateway %s\n' \
		10.0.2.15/24 10.0.2.2 >"$root/etc/network/interfaces"
	rm -f "$root"/etc/ssh/ssh_host_*
	chroot "$root" ssh-keygen -A -q >/dev/null
	# The clock of a kept guest stands still between its starts: nobody is to set it but the test.
	ln -sf /dev/null "$root/etc/systemd/system/chrony.service"
	install -m 600 "$VM_KEPT/key.pub" "$root/opt/door/keys"
	cat >"$root/opt/door/config" <<-'END'
		Port 2222
		HostKey /etc/ssh/ssh_host_ed25519_key
		AuthorizedKeysFile /opt/door/keys
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		UseDNS no
		MaxSessions 100
		PidFile none
	END
	cat >"$root/etc/systemd/system/door.service" <<-'END'
		[Unit]
		After=network.target
		[Service]
		ExecStart=/usr/sbin/sshd -D -f /opt/door/config
		RuntimeDirectory=sshd
		RuntimeDirectoryPreserve=yes
		OOMScoreAdjust=-1000
		[Install]
		WantedBy=multi-user.target
	END
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -sf ../door.service "$root/etc/systemd/system/multi-user.target.wants/door.service"
}

vm_free_ports() { # two ports nobody listens on, derived from this process
	local p=$((20000 + $$ % 20000))
	while grep -qE "^ *[0-9]+: [0-9A-F]+:($(printf '%04X|%04X' $p $((p + 1)))) " /proc/net/tcp; do
		p=$((p + 2))
	done
	VM_PORT=$p VM_DOOR=$((p + 1))
}

# Starts qemu; dies with this shell. The kernel comes from the root's own /boot.
vm_qemu() { # DISK ACCELERATOR KERNEL-ARGUMENTS [option…]
	local disk=$1 accel=$2 append=$3 work
	shift 3
	os_work work
	vm_free_ports
	rm -f "$work/monitor"
	setpriv --pdeathsig KILL qemu-system-x86_64 -name dengbao-test -M q35 -accel "$accel" \
		-cpu max -smp 2 -m 1024 -display none -nodefaults -no-user-config \
		-kernel "$VM_KEPT/kernel" -initrd "$VM_KEPT/initrd" \
		-append "root=/dev/vda rw console=ttyS0 net.ifnames=0 $append" \
		-drive "file=$disk,if=virtio,format=qcow2,cache=unsafe,discard=unmap" \
		-netdev "user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:$VM_PORT-:22,hostfwd=tcp:127.0.0.1:$VM_DOOR-:2222" \
		-device virtio-net-pci,netdev=n0 -device virtio-rng-pci \
		-serial "file:$work/console" -qmp "unix:$work/monitor,server,nowait" "$@" \
		</dev/null >"$work/qemu.log" 2>&1 7>&- 8>&- &
	VM_PID=$!
}

vm_running() { [ -n "$VM_PID" ] && kill -0 "$VM_PID" 2>/dev/null; }

# One command to qemu; its answer, and 1 when there is none within the limit.
vm_monitor() { # COMMAND
	/usr/bin/python3 - "$OS_WORK/monitor" "$1" <<-'END'
		import json, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(120)
		s.connect(sys.argv[1])
		f = s.makefile("rw")
		def ask(command, **arguments):
		    f.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
		    f.flush()
		    for line in f:
		        answer = json.loads(line)
		        if "return" in answer or "error" in answer:
		            return answer
		    sys.exit(1)
		f.readline()
		ask("qmp_capabilities")
		text = ask("human-monitor-command", **{"command-line": sys.argv[2]}).get("return", "")
		sys.stdout.write(text.replace("\r", ""))
		sys.exit(1 if text.startswith("Error") else 0)
	END
}

vm_console() { tr -d '\r\000' <"$OS_WORK/console"; }

VM_SSH=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
	-o ConnectTimeout=20 -o ServerAliveInterval=20 -o ServerAliveCountMax=6 -o BatchMode=no
	-o GSSAPIAuthentication=no -F /dev/null)

vm_ssh() { # command…: joined by blanks and read by a shell in the guest, as ssh does
	timeout -k 5 "${VM_LIMIT:-300}" ssh "${VM_SSH[@]}" -i "$VM_KEPT/key" -o IdentitiesOnly=yes \
		-o ControlMaster=auto -o ControlPersist=60 -o "ControlPath=$OS_WORK/door" \
		-p "$VM_DOOR" root@127.0.0.1 "$@" 7>&- 8>&-
}

# The connection that vm_ssh shares ends with the boot it was made in.
vm_hang_up() {
	[ -S "$OS_WORK/door" ] || return 0
	timeout -k 1 5 ssh -F /dev/null -o "ControlPath=$OS_WORK/door" -O exit x >/dev/null 2>&1
	rm -f "$OS_WORK/door"
}

vm_put() { # FILE… DIRECTORY
	local to=${*: -1}
	tar -C / -cf - --transform 's,.*/,,' "${@:1:$#-1}" 2>/dev/null |
		vm_ssh "mkdir -p '$to' && tar -C '$to' -xmf - --no-same-owner"
}

# Until the guest answers and has ended its boot; 1: not within the limit, or qemu is gone.
vm_wait() { # [SECONDS]
	local end=$((SECONDS + ${1:-$VM_WAIT})) state
	vm_hang_up
	while [ $SECONDS -lt $end ] && vm_running; do
		# Without the shared connection: one that hangs in a dying boot would not see the next.
		state=$(timeout -k 1 30 ssh "${VM_SSH[@]}" -i "$VM_KEPT/key" -o IdentitiesOnly=yes \
			-o ConnectTimeout=5 -p "$VM_DOOR" root@127.0.0.1 systemctl is-system-running 2>/dev/null 7>&- 8>&-)
		case $state in running | degraded) return 0 ;; esac
		sleep 0.5
	done
	return 1
}

vm_lock() {
	mkdir -p "$DENGBAO_OS_DIR"
	exec 7>"${VM_LOCK:-$DENGBAO_OS_DIR/.vm-lock}"
	flock -w "${VM_LOCK_WAIT:-400}" 7 || os_skip "another virtual machine runs on this machine"
}

# A boot sector that ends qemu by itself: whether an accelerator runs anything at all.
vm_accelerates() { # ACCELERATOR
	local work
	os_work work
	/usr/bin/python3 -c 'import sys
sys.stdout.buffer.write((b"\xb0\x10\xe6\xf4\xf4" + bytes(510))[:510] + b"\x55\xaa" + bytes(65024))' >"$work/sector"
	(timeout -k 1 5 qemu-system-x86_64 -accel "$1" -cpu max -display none -m 64 \
		-device isa-debug-exit,iobase=0xf4,iosize=1 \
		-drive "file=$work/sector,format=raw,if=ide,snapshot=on"
	exit $?) >/dev/null 2>&1
	[ $? = 33 ]
}

# The disk, booted once, and the memory of that moment.
vm_make() { # ROOT ACCELERATOR
	local root=$1 accel=$2 copy state=""
	rm -rf --one-file-system "$VM_KEPT"
	mkdir -p "$VM_KEPT"
	chmod 700 "$VM_KEPT"
	ssh-keygen -q -t ed25519 -N '' -C door -f "$VM_KEPT/key" || return 1
	cp "$(printf '%s\n' "$root"/boot/vmlinuz-* | tail -1)" "$VM_KEPT/kernel"
	cp "$(printf '%s\n' "$root"/boot/initrd.img-* | tail -1)" "$VM_KEPT/initrd"
	os_copy copy "$root"
	vm_root_setup "$copy"
	truncate -s 3G "$VM_KEPT/root.img"
	mkfs.ext4 -q -F -L root -d "$copy" "$VM_KEPT/root.img" || return 1
	qemu-img create -q -f qcow2 -F raw -b "$VM_KEPT/root.img" "$VM_KEPT/booted.qcow2" || return 1
	vm_qemu "$VM_KEPT/booted.qcow2" "$accel" ""
	if ! vm_wait; then
		vm_console | tail -5
		vm_off
		return 1
	fi
	vm_ssh "sync; fstrim / 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; sleep 2; sync"
	vm_hang_up
	{ vm_monitor stop && vm_monitor "migrate -d \"exec:cat >$VM_KEPT/memory\""; } >/dev/null || return 1
	for _ in $(seq 300); do
		state=$(vm_monitor "info migrate" | sed -n 's/^Migration status: //p')
		case $state in completed | failed) break ;; esac
		sleep 0.2
	done
	vm_off
	[ "$state" = completed ] || return 1
	echo "$accel" >"$VM_KEPT/accelerator"
	: >"$VM_KEPT/complete"
}

vm_base() { # the kept disk and memory; one made in another way is kept for a day
	local root key accel
	os_root root server
	key=$({ stat -c %Y "$root.complete"; qemu-system-x86_64 --version
		declare -f vm_root_setup vm_qemu vm_make; } | sha256sum)
	VM_KEPT=$DENGBAO_OS_DIR/vm-${key:0:12}
	[ -e "$VM_KEPT/complete" ] && touch "$VM_KEPT" && return 0
	find "$DENGBAO_OS_DIR" -maxdepth 1 -name 'vm-*' -mmin +1440 -exec rm -rf {} +
	echo "booting a Debian 12 disk, once" >&2
	for accel in kvm tcg,thread=multi; do
		if vm_accelerates "$accel" && vm_make "$root" "$accel"; then return 0; fi
	done
	os_skip "qemu cannot boot a disk here"
}

vm_resume() { # the memory was kept while the guest stood still: it does until it is told to go on
	local i
	for i in $(seq 300); do
		vm_running || return 1
		case $(vm_monitor "info status" 2>/dev/null) in
		*inmigrate*) ;;
		*paused*) vm_monitor cont >/dev/null && return 0 ;;
		*running*) return 0 ;;
		esac
		sleep 0.2
	done
	return 1
}

vm_start() { # [KERNEL ARGUMENT…]
	local work accel
	os_work work
	vm_lock
	vm_base
	[ -n "$VM_PID" ] && vm_off
	accel=$(cat "$VM_KEPT/accelerator")
	VM_DISK=$work/disk.qcow2
	VM_ARGUMENTS=$*
	rm -f "$VM_DISK"
	qemu-img create -q -f qcow2 -F qcow2 -b "$VM_KEPT/booted.qcow2" "$VM_DISK" || exit 1
	if [ $# -gt 0 ]; then
		vm_qemu "$VM_DISK" "$accel" "$VM_ARGUMENTS"
		vm_wait || { vm_console | tail -5; os_skip "the virtual machine does not boot within $VM_WAIT s"; }
	else
		vm_qemu "$VM_DISK" "$accel" "" -incoming "exec:cat $VM_KEPT/memory"
		{ vm_resume && vm_wait 120; } || { tail -3 "$work/qemu.log"; os_skip "the kept virtual machine does not come back"; }
	fi
	vm_ssh "date -s @$(date +%s) >/dev/null"
}

vm_reset() { # a power cut: nothing is written out; 1: it does not come up again
	vm_hang_up
	vm_monitor system_reset >/dev/null && vm_wait
}

vm_reboot() { # 1: it does not come up again
	local before
	before=$(vm_ssh cat /proc/sys/kernel/random/boot_id)
	vm_ssh "systemctl reboot" >/dev/null 2>&1
	vm_hang_up
	sleep 2
	vm_wait || return 1
	[ "$(vm_ssh cat /proc/sys/kernel/random/boot_id)" != "$before" ]
}

vm_off() {
	local i
	vm_hang_up
	[ -n "$VM_PID" ] || return 0
	kill "$VM_PID" 2>/dev/null
	for i in $(seq 50); do
		kill -0 "$VM_PID" 2>/dev/null || break
		[ "$i" = 40 ] && kill -9 "$VM_PID" 2>/dev/null
		sleep 0.1
	done
	wait "$VM_PID" 2>/dev/null
	VM_PID=""
}

# Programs into /opt with those of their libraries that the guest may lack.
vm_install() { # PROGRAM…: as /opt/NAME, run with LD_LIBRARY_PATH=/opt/lib (vm_run)
	local lib
	rm -rf "$OS_WORK/put"
	mkdir -p "$OS_WORK/put/opt/lib"
	while read -r lib; do
		case $lib in */libc.so* | */libm.so* | */libpthread.so* | */libdl.so* | */librt.so*) continue ;; esac
		cp -L "$lib" "$OS_WORK/put/opt/lib/"
	done < <(ldd "$@" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | sort -u)
	install -m 755 "$@" "$OS_WORK/put/opt/"
	tar -C "$OS_WORK/put" --owner=0 --group=0 -cf - opt | vm_ssh "tar -C / -xmf - && chmod 755 /opt /opt/lib"
}
vm_run() { # PROGRAM [ARGUMENT…]: one of /opt
	vm_ssh "LD_LIBRARY_PATH=/opt/lib ASAN_OPTIONS=detect_leaks=0 LC_ALL=C.UTF-8 /opt/$*"
}
# The sanitizers are slow in a guest: DENGBAO_STATIC, or a release build that is not older than
# DENGBAO, is preferred.
vm_program() {
	local bin=${DENGBAO_STATIC:-$OS_PROJECT/build/dengbao}
	if [ ! -x "$bin" ] || [ "$bin" -ot "$DENGBAO" ]; then bin=${DENGBAO_STATIC:-$DENGBAO}; fi
	mkdir -p "$OS_WORK/program"
	install -m 755 "$bin" "$OS_WORK/program/dengbao"
	vm_install "$OS_WORK/program/dengbao"
}
vm_dengbao() { vm_run dengbao "$@"; }

vm_login() { # USER PASSWORD command…
	local user=$1 password=$2
	shift 2
	timeout -k 5 "${VM_LIMIT:-120}" sshpass -p "$password" ssh "${VM_SSH[@]}" \
		-o PreferredAuthentications=password,keyboard-interactive -o NumberOfPasswordPrompts=1 \
		-o PubkeyAuthentication=no -p "$VM_PORT" "$user@127.0.0.1" "$@" 7>&- 8>&-
}
vm_key_allow() { # USER
	vm_ssh "home=\$(getent passwd $1 | cut -d: -f6) && mkdir -p -m 700 \$home/.ssh &&
		cp /opt/door/keys \$home/.ssh/authorized_keys && chown -R $1: \$home/.ssh"
}
vm_key_login() { # USER command…
	local user=$1
	shift
	timeout -k 5 "${VM_LIMIT:-120}" ssh "${VM_SSH[@]}" -i "$VM_KEPT/key" -o IdentitiesOnly=yes \
		-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -p "$VM_PORT" \
		"$user@127.0.0.1" "$@" 7>&- 8>&-
}
