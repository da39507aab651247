# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# For tests in shell: a scratch directory to be in, and results as TAP.
#
#	check DESCRIPTION COMMAND...	passes if the command succeeds
#	run STATUS COMMAND...		the command exits with this status; its
#					output is left in $out
#	finish				the plan, and the exit status

echo 'TAP version 13'
tap_top=$PWD
tap_nr=0
tap_failed=0
: "${AF_BUILD:?what was built, an absolute path}"
tap_scratch=$(mktemp -d) || exit 1
out=$tap_scratch/.out
trap 'kill $(jobs -p) 2>/dev/null || :; rm -rf "$tap_scratch"' EXIT
# For tests that become somebody else.
chmod 755 "$tap_scratch"
cd "$tap_scratch" || exit 1

policies=$tap_top/samples/policies
helpers=$AF_BUILD/selftests/apps
export policies helpers

check()
{
	local what=$1
	shift
	tap_nr=$((tap_nr + 1))
	if "$@"; then
		echo "ok $tap_nr - $what"
	else
		echo "not ok $tap_nr - $what"
		tap_failed=$((tap_failed + 1))
		sed 's/^/# /' "$out" 2>/dev/null || :
	fi
}

run()
{
	local want=$1 status=0
	shift
	# What this shell itself says of a command that was killed is not its.
	{ ("$@") >"$out" 2>&1 </dev/null || status=$?; } 2>/dev/null
	[ "$status" = "$want" ] || echo "exit status $status" >>"$out"
	[ "$status" = "$want" ]
}

finish()
{
	echo "1..$tap_nr"
	exit $((tap_failed > 0))
}
