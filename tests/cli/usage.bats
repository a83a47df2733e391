load common

one_line() { [ "$(printf '%s\n' "$output" | wc -l)" -eq 1 ]; }

@test "unknown command, option, format, rule: one line with a suggestion, exit 64" {
    complaint "$D" chek; [ "$status" -eq 64 ]; one_line; [[ "$output" == *'"check"'* ]]
    complaint "$D" check --rot /; [ "$status" -eq 64 ]; one_line; [[ "$output" == *'"--root"'* ]]
    complaint "$D" check --format jsn; [ "$status" -eq 64 ]; one_line; [[ "$output" == *'"json"'* ]]
    complaint check passwd-mod; [ "$status" -eq 64 ]; one_line; [[ "$output" == *'"passwd-mode"'* ]]
    complaint check 99; [ "$status" -eq 64 ]; one_line
    complaint "$D" check --lang fr; [ "$status" -eq 64 ]; one_line
    complaint "$D" check --root; [ "$status" -eq 64 ]; one_line
    complaint "$D" check --verbose=yes; [ "$status" -eq 64 ]; one_line
    complaint "$D" list --root /; [ "$status" -eq 64 ]; one_line
    complaint "$D" list itms; [ "$status" -eq 64 ]; one_line
    complaint "$D" explain; [ "$status" -eq 64 ]; one_line
    complaint "$D"; [ "$status" -eq 64 ]; one_line
}

@test "roots that are none: one line, exit 1" {
    complaint "$D" check --root "$T/nothing"; [ "$status" -eq 1 ]; one_line
    complaint "$D" check --root "$T/root/etc/passwd"; [ "$status" -eq 1 ]; one_line
    mkdir "$T/empty"
    complaint "$D" check --root "$T/empty"; [ "$status" -eq 1 ]; one_line
    [[ "$output" == *"no /etc"* ]]
    mkfifo "$T/fifo"
    complaint timeout 5 "$D" check --root "$T/fifo"; [ "$status" -eq 1 ]; one_line
}

@test "a policy with ten mistakes: ten lines with line and column, then refused" {
    cat >"$T/bad.yaml" <<'Y'
item:
  number: one
  id: user-identity
  clause: 8.1.4.1 a
  domain: {zh: 身份}
  name: {zh: 名, en: Name}
rules:
- id: a
  number: "1.1"
  title: {zh: 题, en: ''}
  why: text
  source: S1
  class: images
  risk: none
  want:
  - host: family
    max: many
  - nothing: x
    is: y
- just text
Y
    complaint "$D" check --root "$T/root" --policy "$T/bad.yaml"
    [ "$status" -eq 1 ]
    [ "$(grep -c "^$T/bad.yaml:[0-9]*:[0-9]*: " <<<"$output")" -eq 10 ]
    [[ "$output" == *"the policy is refused: 10 problems"* ]]
    complaint "$D" check --root "$T/root" --policy "$T/bad.yaml" --lang zh
    [[ "$output" == *"策略被拒绝：10 个问题"* ]]
}

@test "policies that are not there, empty, or others can write" {
    complaint check --policy "$T/nothing"; [ "$status" -eq 1 ]; one_line
    mkdir "$T/p"
    complaint check --policy "$T/p"; [ "$status" -eq 1 ]; one_line
    chmod o+w "$T/policy/01-user-identity.yaml"
    complaint check; [ "$status" -eq 1 ]; one_line
    [[ "$output" == *"chmod go-w"* ]]
}

@test "help and version" {
    run "$D" --version; [ "$status" -eq 0 ]; [[ "$output" == dengbao\ [0-9]* ]]
    for words in "--help" "help" "check --help" "help check" "list -h" "help explain"; do
        # shellcheck disable=SC2086
        run "$D" $words; [ "$status" -eq 0 ]; [[ "$output" == *"Usage: dengbao"* ]]
        # shellcheck disable=SC2086
        run "$D" $words --lang zh; [[ "$output" == *"用法：dengbao"* ]]
    done
    run "$D" check --help; [[ "$output" == *"--root DIR"* ]]
    run "$D" --help; [[ "$output" != *"--root DIR"* ]]
}

@test "list and explain" {
    run "$D" list --policy "$T/policy"
    [ "$status" -eq 0 ]; [[ "$output" == *"1.2   passwd-mode"* ]]
    run "$D" list items --policy "$T/policy"; [[ "$output" != *"passwd-mode"* ]]
    run "$D" list presets --policy "$T/policy"; [[ "$output" == *"as strict as can be"* ]]
    run "$D" list formats; [[ "$output" == *"json"* ]]
    run "$D" list resources; [[ "$output" == *"file"* ]]
    run "$D" list --keys host; [[ "$output" == *"family"* ]]
    run "$D" explain passwd-mode --policy "$T/policy" --preset strict
    [[ "$output" == *"file mode path=/etc/passwd: at most 0400"* ]]
    [[ "$output" == *"passwd-mode.mode = 0400, default 0600"* ]]
    run "$D" explain 2 --policy "$T/policy"; [[ "$output" == *"pending"* ]]
}

@test "without root rights what cannot be read is unknown, and root is suggested" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
    command -v setpriv >/dev/null || skip "setpriv is not installed"
    chmod 0755 "$T" "$T/.." 2>/dev/null || true
    mkdir -p "$T/root/etc/closed"; chmod 0700 "$T/root/etc/closed"
    cp "$D" "$T/dengbao"
    sed -i 's|/etc/passwd|/etc/closed/x|' "$T/policy/01-user-identity.yaml"
    d=$T; while [ "$d" != / ]; do chmod o+x "$d" 2>/dev/null || true; d=$(dirname "$d"); done
    run setpriv --reuid 65534 --regid 65534 --clear-groups "$T/dengbao" check --root "$T/root" \
        --policy "$T/policy" passwd-mode
    [ "$status" -eq 3 ]
    [[ "$output" == *"ermission denied"* ]]
    [[ "$output" == *"Run as root"* ]]
}
