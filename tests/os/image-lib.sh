# shellcheck shell=bash
# Sourced by tests/os/test-image*, after lib.sh.
KIT=$OS_PROJECT/tests/os/image_kit.py
export ASAN_OPTIONS=detect_leaks=0

# The program as users have it: static, so that it puts itself into images. Set DENGBAO_STATIC to save
# the build.
image_program() { # VAR
	local work
	os_work work
	if [ -z "${DENGBAO_STATIC:-}" ]; then
		DENGBAO_STATIC=$work/dengbao
		(cd "$OS_PROJECT" && scripts/build-static "$DENGBAO_STATIC") >"$work/static.log" 2>&1 || {
			tail -15 "$work/static.log"
			os_fail "scripts/build-static"
			os_done
		}
	fi
	printf -v "$1" %s "$DENGBAO_STATIC"
}

# What any of our builds left: work directories, mounts, loop devices, processes.
image_residue() {
	find "$OS_WORK" -xdev -name '.dengbao-image-*' 2>/dev/null
	grep -F .dengbao-image- /proc/self/mountinfo
	losetup -a -O BACK-FILE 2>/dev/null | grep -F "$OS_WORK" | grep -F .dengbao-image-
	local p
	for p in $(grep -lsF "$OS_WORK" /proc/[0-9]*/cmdline); do
		{ tr '\0' ' ' <"$p"; } 2>/dev/null | grep -F " image "
	done
}
# Killed ones need a moment: their namespaces end after them, then the janitor removes what they made. How
# long that is depends on what else the machine does.
image_nothing_left() { # WHAT
	local end=$((SECONDS + 90)) left
	while left=$(image_residue); [ -n "$left" ] && [ $SECONDS -lt $end ]; do sleep 0.1; done
	os_is "$1: nothing left behind" "" "$left"
}

# The tree in an image of any kind, as image_kit.py lists it.
image_tree() { # IMAGE LISTING
	local image=$1 out=$2 dir=$OS_WORK/look size offset raw
	rm -rf --one-file-system "$dir" "$OS_WORK/look.raw"
	mkdir "$dir"
	case $image in
	*.tar)
		tar -C "$dir" --xattrs --xattrs-include='*' --numeric-owner -xpf "$image" || return 1
		"$KIT" list "$dir" >"$out"
		;;
	*.raw | *.qcow2)
		raw=$image
		case $image in *.qcow2)
			raw=$OS_WORK/look.raw
			qemu-img convert -f qcow2 -O raw "$image" "$raw" || return 1
			;;
		esac
		read -r offset size < <("$KIT" offset "$raw")
		mount -o "ro,loop,offset=$offset,sizelimit=$size" "$raw" "$dir" || return 1
		"$KIT" list "$dir" >"$out"
		umount "$dir"
		;;
	*) "$KIT" list "$image" >"$out" ;;
	esac
	rm -rf --one-file-system "$dir" "$OS_WORK/look.raw"
}
image_digest() { # the input, to see that it is never changed
	if [ -d "$1" ]; then env -u CLAMP "$KIT" list "$1" | sha256sum; else sha256sum <"$1"; fi
}
