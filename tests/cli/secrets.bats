load common

# A root with secrets in some eighty places; each has this word in it.
planted() { # ROOT-NAME [--broken]
    "$HERE/../run-cases" --make "roots/$1" "$T/$1"
    "$HERE/../reports/plant" "$T/$1" "${@:2}"
    R=$T/$1
}

quiet() { "$@" || [ $? -le 4 ]; }

# Everything that was written, archives and workbooks unpacked.
nothing_shown() {
    python3 - "$1" <<'P'
import io, os, sys, tarfile, zipfile
bad = []
seen = 0
def look(name, data):
    global seen
    seen += 1
    if b"PLANTED" in data:
        at = data.index(b"PLANTED")
        bad.append("%s: %r" % (name, data[max(0, at - 60):at + 20]))
    if name.endswith(".tar"):
        with tarfile.open(fileobj=io.BytesIO(data)) as t:
            for m in t:
                look(name + "/" + m.name, t.extractfile(m).read())
    elif name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            for m in z.namelist():
                look(name + "/" + m, z.read(m))
for folder, _, files in os.walk(sys.argv[1]):
    for f in files:
        with open(os.path.join(folder, f), "rb") as h:
            look(os.path.join(folder, f), h.read())
print("\n".join(bad))
assert seen > 5, seen
sys.exit(bool(bad))
P
}

every_output() { # ROOT
    mkdir -p "$T/o"
    for format in text html json csv junit xccdf sarif prometheus lines; do
        for lang in zh en; do
            quiet "$D" check --root "$1" -v --format $format --lang $lang >"$T/o/$format.$lang" \
                2>"$T/o/$format.$lang.err"
        done
    done
    for format in md xlsx csv csv-plain csv-long csv-problems; do
        quiet "$D" record --root "$1" --format $format -o "$T/o/record.$format" \
            2>"$T/o/record.$format.err"
    done
    quiet "$D" report --pack "$T/o/pack.tar" --root "$1" >"$T/o/pack.out" 2>&1
    [ -s "$T/o/pack.tar" ]
    quiet "$D" plan --root "$1" >"$T/o/plan" 2>&1
    quiet "$D" plan --root "$1" $(seq 19) >"$T/o/plan-all" 2>&1
    quiet "$D" plan --root "$1" $(seq 19) --format json >"$T/o/plan-all.json" 2>&1
    quiet "$D" access --root "$1" >"$T/o/access" 2>&1
    quiet "$D" access --root "$1" --format json >"$T/o/access.json" 2>&1
    nothing_shown "$T/o"
}

@test "no secret of a Debian root is in any output" {
    planted debian12
    every_output "$R"
}

@test "no secret of a Debian root with broken files is in any output" {
    planted debian12 --broken
    every_output "$R"
}

@test "no secret of an EL8 root is in any output" {
    planted el8-neglected
    every_output "$R"
}

@test "no secret in what apply, undo and history say, nor in the journal's manifest" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    planted debian12
    mkdir -p "$T/o"

    quiet "$D" apply --yes --root "$R" >"$T/o/apply" 2>"$T/o/apply.err"
    quiet "$D" apply --yes --root "$R" $(seq 19) >"$T/o/apply2" 2>"$T/o/apply2.err"
    quiet "$D" history --root "$R" >"$T/o/history" 2>&1
    find "$R/var/lib/dengbao" -name manifest.json | head -1 | grep -q .
    find "$R/var/lib/dengbao" -name manifest.json | while read -r m; do
        cp "$m" "$T/o/manifest-$(basename "$(dirname "$m")").json"
    done
    # The images of undo are the files themselves; they are for root alone.
    [ "$(stat -c %a "$R/var/lib/dengbao")" = 700 ]
    # Somebody changed the file since: undo shows how, without the hashes.
    printf 'new:$6$PLANTEDnew$PLANTEDPLANTEDPLANTED:1::::::\n' >>"$R/etc/shadow"
    quiet "$D" undo --yes --root "$R" >"$T/o/undo" 2>"$T/o/undo.err"
    cat "$T/o/undo" "$T/o/undo.err" | grep -q '/etc/shadow'
    quiet "$D" check --root "$R" --lang zh >"$T/o/check" 2>&1

    nothing_shown "$T/o"
}
