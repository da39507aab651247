#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# selftests/qemu/run with a kernel and a QEMU that do nothing.  A guest that did
# not find its devices for want of time is started again, up to three times; one
# that failed in another way is not.  Results are there as a whole or not at all.
#
# It is check that calls the functions:
# shellcheck disable=SC2317
set -u
. selftests/apps/tap.sh

mkdir kernel bin tools
: >kernel/bzImage
printf '#!/bin/sh\n' >kernel/gen_init_cpio
# Its console is what the file "says" says.
cat >bin/qemu-system-x86_64 <<SH
#!/bin/sh
echo >>$tap_scratch/starts
for arg; do
	case \$arg in
	file:*console.log) cat $tap_scratch/says >"\${arg#file:}" ;;
	esac
done
SH
chmod +x kernel/gen_init_cpio bin/qemu-system-x86_64
export PATH=$tap_scratch/bin:$PATH TMPDIR=$tap_scratch

guest()
{
	"$tap_top/selftests/qemu/run" --kernel kernel --initramfs --out out "$@"
}

# starts TIMES CONSOLE...: of a guest that does not answer.
starts()
{
	printf '%s\n' "${@:2}" >says
	: >starts
	run 125 guest --tools "$AF_BUILD/selftests/qemu" --exec true &&
		[ "$(wc -l <starts)" = "$1" ]
}

aml='ACPI Error: Aborting method due to previous error (AE_AML_LOOP_TIMEOUT)'
check 'a guest without ACPI is started again' starts 3 "$aml"
check 'one that says nothing is not' starts 1 ''
check 'nor is one with an error of the kernel' starts 1 "$aml" 'BUG: x'

# Of two tests, whose results are counted one by one.
: >says
: >tools/init
cat >tools/decode <<'SH'
#!/bin/sh
out=$3
: >"$out/good"
[ ! -e slow ] && : >"$out/bad" || mkfifo "$out/bad"
printf 'good\texit 0\nbad\texit 1\n'
SH
chmod +x tools/decode
printf '%s\ttrue\n' good bad >tests
check 'a guest with a test that fails' run 1 guest --tools tools --tests tests
check 'has all its results' diff out/results \
	<(printf 'ok\tgood\nnot ok\tbad\n')

# There is nobody at the pipe's other end before good has been counted.
: >slow
guest --tools tools --tests tests >/dev/null 2>&1 &
runner=$!
until [ -p out/output/bad ]; do sleep 0.1; done
exec 3>out/output/bad
kill -KILL "$runner"
wait "$runner" 2>/dev/null
exec 3>&-
check 'one whose run is killed before the last has none' \
	test ! -e out/results
finish
