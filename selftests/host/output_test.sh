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
finish
