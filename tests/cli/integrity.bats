load common

keys() { # ALGORITHM: $T/key, $T/pub
    (umask 077; openssl genpkey -algorithm "$1" -out "$T/key" 2>/dev/null) ||
        skip "this openssl makes no $1 keys"
    openssl pkey -in "$T/key" -pubout -out "$T/pub" 2>/dev/null || skip "no $1"
}

signed() { check --format "$1" -o "$T/out" --sign "$T/key" || [ $? -le 3 ]; }

# Turns one bit of a byte of a file.
flip() { # FILE OFFSET
    python3 - "$1" "$2" <<'P'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[int(sys.argv[2])] ^= 1
open(sys.argv[1], "wb").write(b)
P
}

@test "what was written verifies, with Ed25519 and SM2, in every format" {
    for algorithm in ED25519 SM2; do
        keys $algorithm
        for format in json html csv junit xccdf prometheus text lines; do
            signed $format
            run "$D" verify --key "$T/pub" "$T/out"
            [ "$status" -eq 0 ]
            [[ "$output" == *"signed with the given key"* ]]
        done
    done
}

@test "openssl agrees with both kinds of signature" {
    keys ED25519
    signed html
    grep -v ^signature: "$T/out.sig" >"$T/text"
    sed -n 's/^signature: //p' "$T/out.sig" | base64 -d >"$T/sig"
    openssl pkeyutl -verify -pubin -inkey "$T/pub" -rawin -in "$T/text" -sigfile "$T/sig"
    [ "$(sed -n 's/^sha256: //p' "$T/out.sig")" = "$(sha256sum <"$T/out" | cut -d' ' -f1)" ]
    [ "$(sed -n 's/^size: //p' "$T/out.sig")" = "$(stat -c %s "$T/out")" ]
    keys SM2
    signed html
    grep -v ^signature: "$T/out.sig" >"$T/text"
    sed -n 's/^signature: //p' "$T/out.sig" | base64 -d >"$T/sig"
    openssl dgst -sm3 -verify "$T/pub" -sigopt distid:1234567812345678 -signature "$T/sig" "$T/text"
    [ "$(sed -n 's/^sm3: //p' "$T/out.sig")" = "$(openssl dgst -sm3 -r <"$T/out" | cut -d' ' -f1)" ]
}

@test "one bit anywhere in a signed file or its statement is seen" {
    keys ED25519
    for format in json html csv; do
        signed $format
        cp "$T/out" "$T/good"
        cp "$T/out.sig" "$T/good.sig"
        for file in out out.sig; do
            size=$(stat -c %s "$T/$file")
            for part in 0 1 2 5 9 14 20 31 40 50 60 70 80 90 95 98 99 100; do
                cp "$T/good" "$T/out"
                cp "$T/good.sig" "$T/out.sig"
                flip "$T/$file" $(((size - 1) * part / 100))
                run "$D" verify --key "$T/pub" "$T/out"
                [ "$status" -eq 2 ] || { echo "$format $file $part: $status $output"; false; }
            done
        done
        cp "$T/good.sig" "$T/out.sig"
        head -c 1000 "$T/good" >"$T/out"
        run "$D" verify "$T/out"
        [ "$status" -eq 2 ]
    done
}

@test "without a signature: the digests in the last line" {
    for format in json html junit xccdf prometheus; do
        check --format $format -o "$T/out" || [ $? -le 3 ]
        run "$D" verify "$T/out"
        [ "$status" -eq 0 ]
        [[ "$output" == *"not signed"* ]]
        cp "$T/out" "$T/good"
        size=$(stat -c %s "$T/out")
        for part in 0 3 10 30 50 70 90 97; do
            cp "$T/good" "$T/out"
            flip "$T/out" $(((size - 1) * part / 100))
            run "$D" verify "$T/out"
            [ "$status" -eq 2 ] || [ "$status" -eq 3 ]
        done
        for back in 1 2 3 9 60 66 70 130 150 160; do # the trailer itself
            cp "$T/good" "$T/out"
            flip "$T/out" $((size - back))
            run "$D" verify "$T/out"
            [ "$status" -eq 2 ] || [ "$status" -eq 3 ] || { echo "$format -$back: $output"; false; }
        done
    done
    check --format csv -o "$T/out" || [ $? -le 3 ]
    run "$D" verify "$T/out"
    [ "$status" -eq 3 ]
    check --format csv -o "$T/out" --digest || [ $? -le 3 ]
    run "$D" verify "$T/out"
    [ "$status" -eq 0 ]
    run "$D" verify "$T/out" --key <(openssl genpkey -algorithm ED25519 | openssl pkey -pubout)
    [ "$status" -eq 2 ]
}

@test "another key, a statement of another file, several files at once" {
    keys ED25519
    signed json
    openssl genpkey -algorithm ED25519 | openssl pkey -pubout -out "$T/other"
    run "$D" verify "$T/out" --key "$T/other"
    [ "$status" -eq 2 ]
    [[ "$output" == *"another key"* ]]
    run "$D" verify "$T/out"
    [ "$status" -eq 0 ]
    [[ "$output" == *"whose it is was not asked"* ]]
    mv "$T/out" "$T/renamed"
    mv "$T/out.sig" "$T/renamed.sig"
    run "$D" verify "$T/renamed"
    [ "$status" -eq 2 ]
    [[ "$output" == *"of another file: out"* ]]
    signed json
    run "$D" verify "$T/out" "$T/renamed" "$T/none" --lang zh
    [ "$status" -eq 1 ]
    [[ "$output" == *完好*另一文件*无法读取* ]]
}

@test "a key that cannot be used is refused before the check" {
    keys ED25519
    chmod 0644 "$T/key"
    complaint check --format json -o "$T/out" --sign "$T/key"
    [ "$status" -eq 1 ]
    [[ "$output" == *"chmod 0600"* ]]
    [ ! -e "$T/out" ]
    (umask 077; openssl pkey -in "$T/key" -aes128 -passout pass:x -out "$T/locked")
    complaint check --format json -o "$T/out" --sign "$T/locked" </dev/null
    [ "$status" -eq 1 ]
    [[ "$output" == *"passphrase"* ]]
    (umask 077; openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out "$T/rsa" 2>/dev/null)
    complaint check --format json -o "$T/out" --sign "$T/rsa"
    [[ "$output" == *"neither an Ed25519 nor an SM2 key"* ]]
    (umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/ec")
    complaint check --format json -o "$T/out" --sign "$T/ec"
    [ "$status" -eq 1 ]
    complaint check --format json --sign "$T/key"
    [ "$status" -eq 64 ]
    [[ "$output" == *"-o FILE"* ]]
    complaint "$D" verify
    [ "$status" -eq 64 ]
    run "$D" verify "$T/out" --key "$T/key"
    [ "$status" -eq 1 ]
    [[ "$output" == *"private key"* ]]
}

@test "an evidence pack holds result, reports, record and files, and verifies" {
    keys ED25519
    "$HERE/../run-cases" --make roots/debian12 "$T/d12"
    "$D" report --pack "$T/p.tar" --root "$T/d12" --no-walk --sign "$T/key"
    run "$D" verify --key "$T/pub" "$T/p.tar"
    [ "$status" -eq 0 ]
    [[ "$output" == *"signed with the given key"* ]]
    mkdir "$T/x"
    tar xf "$T/p.tar" -C "$T/x"
    cd "$T/x/dengbao-evidence"
    for f in manifest.json manifest.json.sig result.json report.zh.html report.en.html record.md \
        record.csv record-long.csv record-problems.csv raw/etc/ssh/sshd_config raw/etc/shadow; do
        [ -s $f ]
    done
    "$D" verify result.json report.zh.html record.md
    grep -q '^admin:$y$\[removed\]:' raw/etc/shadow
    grep -q 'PermitRootLogin\|UsePAM yes' raw/etc/ssh/sshd_config
    # The manifest by somebody else's means.
    python3 - <<'P'
import hashlib, json, os
m = json.load(open("manifest.json"))
listed = {f["path"] for f in m["files"]}
there = {os.path.relpath(os.path.join(d, f), ".") for d, _, fs in os.walk(".") for f in fs}
assert listed | {"manifest.json", "manifest.json.sig"} == there, listed ^ there
for f in m["files"]:
    b = open(f["path"], "rb").read()
    assert len(b) == f["size"] and hashlib.sha256(b).hexdigest() == f["sha256"], f
assert any(x["path"] == "/var/lib/dpkg/status" for x in m["not_in_the_pack"])
P
}

@test "one bit anywhere in a pack is seen, and what is cut or added" {
    keys ED25519
    "$D" report --pack "$T/p.tar" --root "$T/root" --policy "$T/policy" --sign "$T/key" 2>/dev/null ||
        "$D" report --pack "$T/p.tar" --root "$T/root" --sign "$T/key"
    "$D" verify --key "$T/pub" "$T/p.tar"
    python3 - "$T/p.tar" "$D" "$T/pub" "$T/q.tar" <<'P'
import random, subprocess, sys, tarfile
path, program, key, other = sys.argv[1:]
good = open(path, "rb").read()
spots = set()
with tarfile.open(path) as t:  # of every member: header, body, padding
    for m in t:
        spots |= {m.offset, m.offset + 100, m.offset + 110, m.offset + 140, m.offset + 150,
                  m.offset + 156, m.offset + 300, m.offset + 500, m.offset_data,
                  m.offset_data + m.size // 2, m.offset_data + max(0, m.size - 1),
                  m.offset_data + m.size}
spots |= {len(good) - 1, len(good) - 600, len(good) - 1024}
random.seed(7)
spots = sorted(s for s in spots if s < len(good))
spots = random.sample(spots, min(len(spots), 60))
def seen(data):
    open(other, "wb").write(data)
    return subprocess.run([program, "verify", "--key", key, other], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode
assert seen(good) == 0
for s in spots:
    bad = bytearray(good)
    bad[s] ^= 1 << random.randrange(8)
    assert seen(bytes(bad)) == 2, s
for data in (good[:-512], good[:-1], good[:700], good + b"\0" * 512, good + b"x", b"", good[512:]):
    assert seen(data) == 2, len(data)
P
}

@test "the same result makes the same pack; a saved one alone has no files of the host" {
    save() { check --format json -o "$1" || [ $? -le 3 ]; }
    save "$T/r.json"
    run "$D" report --pack "$T/a.tar" "$T/r.json"
    [ "$status" -eq 0 ]
    [[ "$output" == *"no files of the host"* ]]
    sleep 1
    "$D" report --pack "$T/b.tar" "$T/r.json" 2>/dev/null
    cmp "$T/a.tar" "$T/b.tar"
    ! tar tf "$T/a.tar" | grep -q raw/
    "$D" report --pack "$T/c.tar" "$T/r.json" --root "$T/root" --policy "$T/policy" || true
    complaint "$D" report --pack "$T/c.tar" "$T/r.json" --format html
    [ "$status" -eq 64 ]
    complaint "$D" report --pack "$T/c.tar" "$T/r.json" "$T/r.json"
    [ "$status" -eq 64 ]
}
