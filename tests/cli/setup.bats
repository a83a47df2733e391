#!/usr/bin/env bats

HASH='$6$saltsaltsaltsalt$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'

setup() {
	DENGBAO=${DENGBAO:-$BATS_TEST_DIRNAME/../../build-dev/dengbao}
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p root/etc root/bin root/home
	: >root/bin/bash
	printf 'root:x:0:0:root:/root:/bin/bash\n' >root/etc/passwd
	printf 'root:x:0:\nadm:x:4:\nusers:x:100:\n' >root/etc/group
	printf 'root:%s:20700:7:90:7:::\n' "$HASH" >root/etc/shadow
	printf 'root:*::\nadm:*::\nusers:*::\n' >root/etc/gshadow
	printf 'UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\n' >root/etc/login.defs
	printf 'ID=debian\nVERSION_ID="12"\n' >root/etc/os-release
	cat >good.yaml <<-END
		setup: 1
		administrator: {name: admin, password_hash: '$HASH'}
		auditor: {name: audit, password_hash: '$HASH'}
		security_officer: {name: security, password_hash: '$HASH'}
		allow_from: [10.1.0.0/16]
	END
	chmod 600 good.yaml
}

@test "all wrong and missing answers are said at once, nothing is changed" {
	cat >bad.yaml <<-'END'
		administrator: {name: Root, password: secret}
		auditor: {name: audit, password_hash: '$1$abc$def'}
		allow_from: [10.0.0.5/8, 0.0.0.0/0, nowhere]
		sugroup: wheel
		root_ssh_login: maybe
	END
	chmod 600 bad.yaml
	cp -a root before
	run "$DENGBAO" setup --root root --answers bad.yaml --lang en --yes
	[ "$status" = 1 ]
	[[ "$output" == *'bad.yaml:1:1: "setup" is missing'* ]]
	[[ "$output" == *'"security_officer" is missing'* ]]
	[[ "$output" == *'bad.yaml:1:29: password: a password in plain text is not taken'* ]]
	[[ "$output" == *'bad.yaml:2:39: password_hash: '* ]]
	[[ "$output" == *'bad.yaml:3:14: allow_from: 10.0.0.5/8: bits are set behind /8'* ]]
	[[ "$output" == *'allow_from: 0.0.0.0/0 is so wide'* ]]
	[[ "$output" == *'"nowhere" is no address or network'* ]]
	[[ "$output" == *'unknown field "sugroup"'* ]]
	[[ "$output" == *'root_ssh_login: "maybe": expected no or keep'* ]]
	[[ "$output" == *'answers are wrong or missing; nothing was changed'* ]]
	diff -r before root
}

@test "the same in Chinese" {
	printf 'setup: 1\nallow_from: []\n' >bad.yaml
	chmod 600 bad.yaml
	run "$DENGBAO" setup --root root --answers bad.yaml --lang zh --yes
	[ "$status" = 1 ]
	[[ "$output" == *'缺少“administrator”'* ]]
	[[ "$output" == *'列表为空'* ]]
	[[ "$output" == *'未做任何更改'* ]]
}

@test "answers with hashes that others can read are refused" {
	chmod 644 good.yaml
	run "$DENGBAO" setup --root root --answers good.yaml --lang en --yes
	[ "$status" = 1 ]
	[[ "$output" == *'others can read it'*'chmod 600 good.yaml'* ]]
}

@test "a password from a descriptor has to be good" {
	sed -i "s/^auditor:.*/auditor: {name: audit, password_fd: 3}/" good.yaml
	run "$DENGBAO" setup --root root --answers good.yaml --lang en --yes 3<<<"audit123"
	[ "$status" = 1 ]
	[[ "$output" == *'password_fd 3, for audit: '* ]]
	[[ "$output" != *audit123* ]]
}

@test "--write-answers keeps no secret" {
	run "$DENGBAO" setup --root root --answers good.yaml --lang en --write-answers kept.yaml
	[ -f kept.yaml ]
	[ "$(stat -c %a kept.yaml)" = 600 ]
	! grep -q 'aaaaaaaa' kept.yaml
	grep -q 'allow_from: \[10.1.0.0/16\]' kept.yaml
}

@test "--status says whether it was done" {
	run "$DENGBAO" setup --root root --status --lang en
	[ "$status" = 2 ]
	mkdir -p root/etc/dengbao/policy.d
	: >root/etc/dengbao/policy.d/50-setup-accounts.yaml
	: >root/etc/dengbao/policy.d/51-setup-roles.yaml
	run "$DENGBAO" setup --root root --status --lang en
	[ "$status" = 0 ]
}

@test "without a terminal and without answers it says what to give" {
	run "$DENGBAO" setup --root root --lang en </dev/null
	[ "$status" = 64 ]
	[[ "$output" == *--answers* ]]
}
