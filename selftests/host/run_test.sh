#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# selftests/run and .ci/run: that nothing that went wrong is taken for a pass.
# They are run in a tree with next to nothing in it.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/tap.sh

unset CI AF_MUST_RUN
mkdir -p tree/.ci tree/kernel-patches/scripts \
	tree/selftests/{host,apps,qemu,unit}
cp "$tap_top/selftests/run" "$tap_top/selftests/count" tree/selftests
cp "$tap_top/.ci/run" tree/.ci
cd tree || exit 1
export O=$PWD/build

# stages STATUS STAGE...
stages()
{
	run "$1" selftests/run "${@:2}"
}

ends_with()
{
	[ "$(tail -n 1 "$out")" = "$1" ]
}

failed()
{
	grep -qxF "  FAILED $1" "$out"
}

#
# Lists of tests
#
tests()
{
	printf '%s\t%s\n' "$@" >selftests/host/TESTS
}
tests good true bad false
check 'a test that fails' stages 1 host
check 'is counted' ends_with '1 passed, 1 failed'
printf 'good\ttrue\nempty\n' >selftests/host/TESTS
check 'a test without a command' stages 1 host
check 'has not passed' failed 'host: empty has no command'
tests good true
touch selftests/host/more_test.sh
check 'a test that is not listed' stages 1 host
check 'has not passed' failed \
	'host: more_test.sh is not in selftests/host/TESTS'
tests good true more ': selftests/host/more_test.sh'
check 'one that is' stages 0 host
rm selftests/host/more_test.sh

#
# One run at a time
#
tests slow 'touch started; while test ! -e go; do sleep 0.1; done; false'
selftests/run host >first 2>&1 &
first=$!
until test -e started; do sleep 0.1; done
check 'another run meanwhile' stages 2 host
check 'is refused' grep -q 'another run uses' "$out"
touch go
wait "$first"
check 'and spoils nothing' grep -qx '0 passed, 1 failed' first
tests good true
check 'then there is room for one' stages 0 host

#
# What is built
#
mkdir -p build/asan/selftests/unit
printf '#!/bin/sh\n' >build/asan/selftests/unit/old_test
chmod +x build/asan/selftests/unit/old_test
touch selftests/unit/old_test.c
printf 'unit:\n' >Makefile
check 'unit tests with sanitizers' stages 0 sanitizers
printf 'unit:\n\t@false\n' >Makefile
check 'are not taken from a former build' stages 1 sanitizers
check 'if they no longer build' failed 'sanitizers: build'

#
# An end before time
#
cat >build/asan/selftests/unit/old_test <<'SH'
#!/bin/sh
touch begun
while test ! -e go; do sleep 0.1; done
touch survived
SH
rm go
printf 'unit:\n' >Makefile
setsid selftests/run sanitizers >first 2>&1 &
first=$!
until test -e begun; do sleep 0.1; done
kill -TERM -- "-$first"
wait "$first"
touch go
sleep 1
check 'a run that is interrupted leaves no test behind' test ! -e survived

#
# Guests: a machine that writes what is in "said", and ends as "ends" says
#
cat >kernel-patches/scripts/build <<'SH'
#!/bin/sh
echo "$PWD/kernel"
SH
cat >selftests/qemu/run <<'SH'
#!/bin/sh
while [ $# -gt 0 ]; do
	case $1 in
	--out) out=$2 ;;
	--tests) tests=$(basename "$2" .tests) ;;
	esac
	shift
done
mkdir -p "$out"
[ -e "said.$tests" ] || tests=all
cp "said.$tests" "$out/results"
exit "$(cat ends)"
SH
chmod +x kernel-patches/scripts/build selftests/qemu/run
touch selftests/apps/TESTS
echo 0 >ends
printf 'ok\ta\n' >said.all
check 'a guest' stages 0 apps
echo 1 >ends
check 'that did not end well' stages 1 apps
check 'did not pass' failed 'apps: apps: qemu/run ended with 1'
printf 'ok\ta\nnot ok\tb\n' >said.all
check 'which its results can explain' stages 1 apps
check 'once' ends_with '1 passed, 1 failed'
: >said.all
check 'without any' stages 1 apps
check 'it did not run' failed 'apps: apps: the guest did not run'

#
# The kernel's own tests, which are compared between kernels
#
mkdir -p kernel/tools/testing/selftests/seccomp
echo 'int main(void) { return 0; }' \
	>kernel/tools/testing/selftests/seccomp/seccomp_bpf.c
upstream()
{
	{
		seq -f $'ok\tseccomp_bpf: global.%g' 60
		echo $'not ok\tseccomp_bpf: global.x'
	} >said.all
	rm -f said.stock said.patched
}
upstream
check 'the same on both kernels' stages 0 upstream
for line in 'kernel: reported an error' 'guest: did not end properly' \
	'seccomp_bpf: ended with signal 9' \
	'seccomp_bpf: 60 of 99 planned tests ran'; do
	upstream
	printf 'not ok\t%s\n' "$line" >>said.all
	check "but not both wrong: $line" stages 1 upstream
	check 'as is said' failed "upstream: patched: $line"
done
upstream
sed 's/^not //' said.all >said.stock
check 'nor one that no longer passes' stages 1 upstream
check 'by name' failed 'upstream: upstream: global.x (ok became not ok)'

#
# The last line
#
printf 'check:\n\t@echo 1 passed, 0 failed\n' >Makefile
check 'CI is told that all is well' run 0 .ci/run
check 'in the last line' ends_with '1 passed, 0 failed'
printf 'check:\n\t@mkdir -p build/check; echo 2 passed, 3 failed %s\n\t@false\n' \
	'| tee build/check/verdict' >Makefile
check 'or that it is not' run 2 .ci/run
check 'in the last line, too' ends_with '2 passed, 3 failed'
printf 'check:\n\t@false\n' >Makefile
check 'or that nothing could be tested' run 2 .ci/run
check 'in such a line' ends_with '0 passed, 1 failed'
finish
