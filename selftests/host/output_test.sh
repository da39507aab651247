#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where the verbs of af write, and that they say so if they cannot.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/tap.sh

cat >p.af <<'AF'
program { read write }
AF
echo '{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [] }' >profile.json
cp p.af policy.orig
cp profile.json profile.orig
cp "$(type -P true)" program
cp program program.orig

said()
{
	grep -qxF "$1" "$out"
}

#
# What is printed has to get somewhere
#

# unwritten STATUS ARGUMENT...: no room, or no standard output, are told from all
# being well
unwritten()
{
	local want=$1 status
	shift
	for to in '>/dev/full' '>&-'; do
		status=0
		eval 'af "$@" 2>"$out" '"$to" || status=$?
		[ "$status" = "$want" ] &&
			grep -q '^af: standard output: cannot be written' "$out" ||
			return
	done
}

while read -r status words; do
	# shellcheck disable=SC2086
	check "af $words: written" run 0 af $words
	# shellcheck disable=SC2086
	check "and not written" unwritten "$status" $words
done <<'LINES'
1 --help
1 --version
1 help
1 help list
1 list calls
1 list groups
1 dump p.af
1 dump --raw --program 1 p.af
1 dump --hex p.af
2 score p.af
2 score --json p.af
2 score --min 0 p.af
1 check p.af
1 check --json p.af
2 explain p.af read
1 report p.af
1 export --oci p.af
1 import profile.json
125 run --help
125 record --help
LINES
check 'what is denied is not told from that' unwritten 2 explain p.af mkdir
check 'nor is a score that is too low' unwritten 2 score --min 100 p.af
check 'a program that has no standard output has none' run 0 sh -c \
	'af run --degraded --warn p.af -- ls /proc/self/fd/1 >&-
	[ $? = 2 ]'
for to in '>&-' '2>&-'; do
	check "a log is none: $to" eval "rm -f log
		af run --degraded --warn --log log p.af -- true 2>\"\$out\" $to
		[ -s log ] && ! grep -vq '^{.*}\$' log"
done

#
# What cannot be read is not passed over
#

check 'a log that is empty' run 0 af explain --audit p.af /dev/null
check 'is not one that cannot be read' run 2 af explain --audit p.af /
check 'which is said' said 'af: /: cannot be read: Is a directory'
check 'nor is none' run 2 sh -c 'af explain --audit p.af <&-'
check 'which is said, too' said \
	'af: standard input: cannot be read: Bad file descriptor'

#
# Names are text, whatever a terminal makes of them
#
escape=$(printf '\033')
cp "$(type -P true)" "file${escape}[2J"
check 'a file of any name is checked' run 0 af check p.af "./file${escape}[2J"
check 'and is shown' grep -qF 'file\x1b[2J' "$out"
check 'as no order' eval '! grep -qF "$escape" "$out"'

#
# What is read is not overwritten
#

ln p.af other-name
ln -s p.af link
for name in p.af other-name link ./p.af; do
	check "a policy is not compiled into itself: $name" \
		run 2 af compile -o "$name" p.af ./program
	check 'which is said' said \
		"af: $name: this is the policy, which would be lost"
	check 'nor reported there' run 2 af report -o "$name" p.af
	check 'nor exported' run 2 af export --oci -o "$name" p.af
done
check 'nor is it compiled into the program' \
	run 2 af compile -o program p.af ./program
check 'which is said' said \
	'af: program: this is the program, which would be lost'
cat >included.af <<'AF'
common { getpid }
AF
cp included.af included.orig
cat >outer.af <<'AF'
include included.af
program { read write }
AF
check 'nor into what it includes' \
	run 2 af compile -o included.af outer.af ./program
check 'which is said' said \
	'af: included.af: this is what the policy includes, which would be lost'
check 'nor exported there' run 2 af export --oci -o included.af outer.af
check 'which is as it was' cmp included.af included.orig
check 'nor a profile imported into itself' \
	run 2 af import -o profile.json profile.json
check 'all are as they were' eval 'cmp p.af policy.orig &&
	cmp program program.orig && cmp profile.json profile.orig'
check 'elsewhere it is compiled' run 0 af compile -o p.afp p.af ./program
check 'and again' run 0 af compile -o p.afp p.af ./program
check 'and for where a link leads' eval \
	'ln -s p.afp compiled && run 0 af compile -o compiled p.af ./program &&
		test -L compiled'
check 'a pipe is written to' eval \
	'af compile -o /dev/stdout p.af ./program | cmp - p.afp >"$out" 2>&1'

#
# What was there stays until all that is new has been written
#

# full STATUS COMMAND...: with room for files of 1 KiB
full()
{
	(ulimit -f 1 && trap '' XFSZ && run "$@")
}
{
	echo 'program {'
	af list calls
	echo '}'
} >large.af
af report -o p.html p.af
af export --oci -o p.json p.af
af import -o imported.af p.json
for name in p.html p.json imported.af; do
	cp "$name" "$name.orig"
done
cat >many.json <<JSON
{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "action":
	"SCMP_ACT_ALLOW", "names": [ $(af list calls | sed 's/.*/"&"/' |
		paste -sd ,) ] } ] }
JSON
check 'a report that has no room' full 1 af report -o p.html large.af
check 'is said to have none' said \
	'af: p.html: cannot be written: File too large'
check 'so is a profile' full 1 af export --oci -o p.json large.af
check 'and a policy' full 1 af import -o imported.af many.json
check 'what was there stays' eval 'cmp p.html p.html.orig &&
	cmp p.json p.json.orig && cmp imported.af imported.af.orig'
check 'and nothing else' eval 'ls | sort >"$out" && ! grep -E "\..{6}$" "$out"'
ln -s p.html page
check 'with room, it is replaced where a link leads' eval \
	'run 0 af report -o page large.af && test -L page &&
		! cmp -s p.html p.html.orig'
check 'so is a profile' eval 'run 0 af export --oci -o p.json large.af &&
	! cmp -s p.json p.json.orig'
check 'and a policy' eval 'run 0 af import -o imported.af many.json &&
	! cmp -s imported.af imported.af.orig'
check 'a pipe is written to' eval \
	'af report -o /dev/stdout large.af | cmp - p.html >"$out" 2>&1'
check 'what is appended to is' eval '{ echo before
	af report -o /dev/stdout large.af; echo behind; } >>appended &&
		{ echo before; cat p.html; echo behind; } | cmp - appended >"$out"'
finish
