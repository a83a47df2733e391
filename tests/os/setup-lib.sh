# shellcheck shell=bash
# Sourced after lib.sh by tests of dengbao setup: the guest's part of them, and the session that
# answers every question.

# The libraries of a program under /opt/lib of a root.
setup_libraries() { # ROOT PROGRAM
	local lib
	mkdir -p "$1/opt/lib"
	ldd "$2" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | while read -r lib; do
		case $lib in */libc.so* | */libm.so* | */libpthread.so* | */libdl.so* | */librt.so*) continue ;; esac
		cp -L "$lib" "$1/opt/lib/"
	done
	chown -R 0:0 "$1/opt/lib"
}

# The program beside them.
setup_program() { # ROOT
	setup_libraries "$1" "$DENGBAO"
	install -m 755 -o 0 -g 0 "$DENGBAO" "$1/opt/dengbao"
}

# A package source without a network: cracklib's dictionary, as the small root has it, in the place
# where the lists of the security suite come from. Nothing newer is to be had there.
setup_packages() { # ROOT SMALL
	local d=$OS_WORK/cracklib
	mkdir -p "$d/DEBIAN" "$d/var/cache/cracklib" "$1/srv/debian-security"
	cp "$2"/var/cache/cracklib/cracklib_dict.* "$d/var/cache/cracklib/"
	printf 'Package: cracklib-runtime\nVersion: 2.9.6-5\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: for a test\n' \
		>"$d/DEBIAN/control"
	dpkg-deb --root-owner-group -Zgzip --build "$d" "$1/srv/debian-security/" >/dev/null
	(cd "$1/srv/debian-security" && dpkg-scanpackages -m . 2>/dev/null >Packages)
	rm -f "$1"/etc/apt/sources.list.d/*
	echo 'deb [trusted=yes] file:/srv/debian-security ./' >"$1/etc/apt/sources.list"
}

# The first user of a cloud image: no password, a key, everything by sudo without a password.
setup_cloud_user() { # ROOT NAME
	chroot "$1" useradd -m -s /bin/bash "$2"
	echo "$2 ALL=(ALL) NOPASSWD:ALL" >"$1/etc/sudoers.d/90-cloud-init-users"
	chmod 440 "$1/etc/sudoers.d/90-cloud-init-users"
}

# JSON result on standard input -> "pass N", "open 10 12"
setup_items() {
	/usr/bin/python3 -c 'import json, sys
items = json.load(sys.stdin)["items"]
good = ("pass", "waived", "not-applicable")
print("pass", sum(i["verdict"] in good for i in items))
left = [str(i["number"]) for i in items if i["verdict"] not in good]
if left: print("open", *left)'
}

# The expect commands of a whole session in Chinese; $ADMIN, $AUDIT, $SECURITY, $ROOTPW.
setup_session_zh() {
	cat <<-END
		expect_after { timeout { puts "\nnothing comes"; exit 1 } }
		foreach password {$ADMIN $AUDIT $SECURITY} {
			expect "账户名"; send "\r"
			expect "的口令"; send "\$password\r"
			expect "再输入一次"; send "\$password\r"
			expect "公钥"; send "${SETUP_KEY:-}\r"
		}
		expect "root 的口令"; send "$ROOTPW\r"
		expect "再输入一次"; send "$ROOTPW\r"
		expect "地址和网段"; send "${SETUP_SOURCES:-127.0.0.0/8}\r"
		expect "使用 su 的组"; send "\r"
		expect "日志服务器（"; send "192.0.2.5\r"
		expect "时间服务器（"; send "192.0.2.9\r"
		expect "告警邮件"; send "ops@example.com\r"
		expect "禁止 root"; send "\r"
		expect {
			"只在控制台" { send "\r"; exp_continue }
			"收回其 sudo" { send "\r"; exp_continue }
			"今后是否要求" { send "\r"; exp_continue }
			"是否同时" { send "\r"; exp_continue }
			"变更这些软件包" { send "\r"; exp_continue }
			"执行这些更改吗" { send "yes\r" }
		}
	END
}
