load common

record() { "$D" record --root "$T/root" --policy "$T/policy" --config "$T/conf" "$@"; }
rows() { python3 -c 'import csv,sys
for r in csv.reader(open(sys.argv[1],encoding="utf-8-sig")): print("\t".join(r))' "$1"; }

@test "34 units; the three that no host has carry the standard's sentence" {
    record --format csv -o "$T/r.csv"
    [ "$(rows "$T/r.csv" | wc -l)" -eq 35 ]
    [ "$(rows "$T/r.csv" | grep -c '根据《测评要求》.*不适用')" -eq 3 ]
    rows "$T/r.csv" | head -1 | grep -q $'^序号\t控制点\t控制项\t结果记录\t符合情况\t证据文件\t备注\t重要程度\t检查内容\t判断标准$'
    record --format csv-plain -o "$T/p.csv"
    rows "$T/p.csv" | head -1 | grep -q $'^序号\t控制点\t控制项\t结果记录\t符合情况$'
    # rules of this policy answer no unit: all is pending, nothing conforms
    [ "$(rows "$T/r.csv" | cut -f5 | grep -c '^符合$')" -eq 0 ]
}

@test "from a saved result as from the host; Markdown in both languages" {
    "$D" check --root "$T/root" --no-walk --format json -o "$T/r.json" || true
    "$D" record "$T/r.json" --format md >"$T/saved.md"
    "$D" record --root "$T/root" --no-walk --format md >"$T/now.md"
    diff "$T/saved.md" "$T/now.md"
    grep -q '不是测评结论' "$T/now.md"
    run "$D" record "$T/r.json" --lang en
    [[ "$output" == *"not an assessment conclusion"* ]]
    [[ "$output" == *"not verified against the original"* ]]
    complaint "$D" record "$T/r.json" --format docx; [ "$status" -eq 64 ]
    echo '{' >"$T/cut.json"
    complaint "$D" record "$T/cut.json"; [ "$status" -eq 1 ]
}

@test "evidence for a unit answers its steps; without it the unit is pending" {
    echo paper >"$T/paper"
    verdict() { record --format csv -o "$T/r.csv"; rows "$T/r.csv" | grep '异地实时备份' | cut -f5; }
    [ "$(verdict)" = 待定 ]
    "$D" evidence add L3-CES1-30 --title Backup --by Wang --until 2099-01-01 --file "$T/paper" \
        --policy "$T/policy" --config "$T/conf"
    [ "$(verdict)" = 符合 ]
    echo x >>"$T/paper"
    [ "$(verdict)" = 待定 ]
}

@test "a host that calls itself a formula or markup stays text" {
    printf '=cmd|" /C calc"!A0\n' >"$T/root/etc/hostname"
    printf 'ID=debian\nPRETTY_NAME="<script>alert(1)</script>"\n' >"$T/root/etc/os-release"
    record --format csv-long -o "$T/l.csv"
    run grep -E '(^|,|")[=@+]' "$T/l.csv"
    [ "$status" -ne 0 ]
    record --format md -o "$T/r.md"
    run grep -c '<script>' "$T/r.md"
    [ "$output" = 0 ]
}

@test "the workbook is read by openpyxl: five sheets, 34 rows, no formula" {
    python3=/usr/bin/python3
    "$python3" -c 'import openpyxl' 2>/dev/null || skip "python3-openpyxl is missing"
    echo '=1+1' >"$T/root/etc/hostname"
    record --format xlsx -o "$T/r.xlsx" || skip "built without libxlsxwriter"
    "$python3" - "$T/r.xlsx" <<'P'
import sys, openpyxl
b = openpyxl.load_workbook(sys.argv[1])
assert len(b.sheetnames) == 5, b.sheetnames
s = b.worksheets[0]
assert s.title.startswith("安全计算环境-") and len(s.title) <= 31
rows = list(s.iter_rows(values_only=True))
head = [i for i, r in enumerate(rows) if r[0] == "序号"][0]
assert list(rows[head]) == "序号 控制点 控制项 结果记录 符合情况 证据文件 备注 重要程度 检查内容 判断标准".split()
assert len(rows) - head - 1 == 34
assert {r[4] for r in rows[head + 1:]} <= {"符合", "部分符合", "不符合", "不适用", "待定"}
for sheet in b.worksheets:
    for row in sheet.iter_rows():
        assert all(c.data_type != "f" and not c.hyperlink for c in row)
P
    record --format xlsx -o "$T/again.xlsx"
}

@test "no secret of the root is in any output" {
    printf 'root:$6$saltsalt$SECRETHASHSECRETHASH:19000:0:99999:7:::\n' >"$T/root/etc/shadow"
    chmod 0640 "$T/root/etc/shadow"
    for f in md csv csv-plain csv-long csv-problems; do
        "$D" record --root "$T/root" --no-walk --format $f >"$T/out"
        run grep -c SECRETHASH "$T/out"
        [ "$output" = 0 ]
    done
    for f in text json lines html csv; do
        "$D" check --root "$T/root" --no-walk --format $f >"$T/out" || true
        run grep -c SECRETHASH "$T/out"
        [ "$output" = 0 ]
    done
}
