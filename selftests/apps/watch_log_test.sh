#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af run --log: what it says; and how the hints of all that it says lead to a
# policy that permits what a program does.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/watch.sh

check '--log: denies, too' denied 159 af run --log log kill.af -- "$caught" mkdir
check 'and says nothing' test ! -s "$out"
check 'has one object, with the call, and whose it is' logged \
	'len(log) == 1 and first["nr"] == 83 and first["name"] == "mkdir" and
	 first["args"][1] == "0x1ed" and len(first["args"]) == 6 and
	 first["comm"] == "caught" and first["pid"] == first["tid"] > 1 and
	 first["time"].startswith("20") and first["time"].endswith("Z")'
check 'with the caller, its code, and the call before' logged \
	'first["caller"] == "library libcalls.so" and
	 first["file"].endswith("/libcalls.so") and
	 int(first["offset"], 16) > 0 and first["prev"] == "getppid"'
check 'with the chain' logged \
	'[(link["function"] or "").split("+")[0] for link in first["chain"]][:3] ==
	 ["syscall", "calls_any", "do_mkdir"]'
check 'with what the policy says' logged \
	'first["policy"] == "kill.af" and first["line"] == 18 and
	 first["action"] == "kill" and first["denied"] is True and
	 first["text"].startswith("`mkdir` by libcalls.so, after `getppid`: ") and
	 first["hint"] == "add `mkdir` to the block in line 18"'
check '--log --warn: makes all' \
	made 7 af run --warn --log log kill.af -- "$caught" mkdir mkdir thread
check 'and logs each' logged \
	'len(log) == 3 and all(e["denied"] is False for e in log) and
	 log[2]["tid"] != log[2]["pid"] == log[0]["pid"]'
check 'a log is appended to' eval \
	'fresh; echo "{}" >log; run 7 af run --log log errno.af -- "$caught" mkdir'
check 'and keeps what it had' logged \
	'log[0] == {} and log[1]["action"] == "errno EXDEV"'
check 'a log that cannot be written runs nothing' \
	denied 125 af run --warn --log no/log kill.af -- "$caught" mkdir
check 'a log that becomes full is said' \
	denied 159 af run --log /dev/full kill.af -- "$caught" mkdir
check 'once' said_times 1 '^af: /dev/full: cannot be written: No space left'
check 'the program does not have it' eval \
	'fresh; run 0 af run --warn --log log little.af -- ls -l /proc/self/fd &&
	 ! said "/log$"'

# What af run says leads to a policy.
cat >apply.py <<'PY'
"""Do what the hints of a log say to a policy."""
import json, re, sys
path, log = sys.argv[1:]
lines = open(path).read().split("\n")[:-1]
blocks = {}
for entry in map(json.loads, open(log)):
    hint = entry["hint"]
    block = re.fullmatch(r"add a block: `(.*) { (\w+) }`", hint)
    rule = re.fullmatch(r"add `(\w+)` to the block in line (\d+)", hint)
    after = re.fullmatch(r"add `(\w+)` to its `after`", hint)
    if block:
        name, call = block.groups()
        if name not in blocks:
            blocks[name] = len(lines)
            lines.append(name + " { }")
        i = blocks[name]
    elif rule:
        call, i = rule[1], int(rule[2]) - 1
    elif after:
        i = entry["line"] - 1
        if not re.search(r"\b%s\b" % after[1], lines[i].split("after")[1]):
            lines[i] += " " + after[1]
        continue
    if not re.search(r"\b%s\b" % call, lines[i]):
        lines[i] = lines[i].replace("{", "{ " + call, 1)
open(path, "w").write("\n".join(lines) + "\n")
PY

# improve POLICY OPTION STATUS COMMAND...: until nothing is denied any more.
improve()
{
	local policy=$1 option=$2 rounds
	shift 2
	for ((rounds = 0; rounds < 60; rounds++)); do
		rm -rf log made
		{ af run "$option" --log log "$policy" -- "$@" \
			>"$out" 2>&1 </dev/null; } 2>/dev/null
		if [ ! -s log ]; then
			echo "$rounds rounds" >>"$out"
			return $((rounds == 0))
		fi
		python3 -I -S apply.py "$policy" log
	done
	return 1
}

cp little.af work.af
check 'the hints of --warn lead to a policy' \
	improve work.af --warn "$caught" mkdir
check 'by which the program works' \
	made 7 af run work.af -- "$caught" mkdir
check 'but does nothing else' run 159 af run work.af -- "$caught" thread
policy kill 'mkdir after execve' | sed 's/write//' >work.af
check 'the hints of --explain, too, one by one' \
	improve work.af --explain "$caught" mkdir
check 'also about what has to come before' \
	grep -q '^mkdir after execve getppid$' work.af
check 'by which the program works' made 7 af run work.af -- "$caught" mkdir
finish
