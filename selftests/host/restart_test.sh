#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest that did not find its devices for want of time is started again, up to
# three times; one that failed in another way is not.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A kernel and a QEMU that do nothing; the latter's console is $work/says.
mkdir "$work/kernel"
: >"$work/kernel/bzImage"
printf '#!/bin/sh\n' >"$work/kernel/gen_init_cpio"
cat >"$work/qemu-system-x86_64" <<'QEMU'
#!/bin/sh
work=$(dirname "$0")
echo >>"$work/starts"
for arg; do
	case $arg in file:*console.log) cat "$work/says" >"${arg#file:}" ;; esac
done
QEMU
chmod +x "$work/kernel/gen_init_cpio" "$work/qemu-system-x86_64"

# starts CONSOLE
starts()
{
	printf '%s\n' "$@" >"$work/says"
	: >"$work/starts"
	! PATH=$work:$PATH selftests/qemu/run --kernel "$work/kernel" \
		--initramfs --exec true --out "$work/out" \
		--tools "$AF_BUILD/selftests/qemu" >/dev/null 2>&1 || return
	wc -l <"$work/starts"
}

nr=0
is()
{
	nr=$((nr + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $nr - $1"
	else
		echo "not ok $nr - $1: $3 starts"
	fi
}

echo 'TAP version 13'
echo '1..3'
aml='ACPI Error: Aborting method due to previous error (AE_AML_LOOP_TIMEOUT)'
is 'a guest without ACPI is started again' 3 "$(starts "$aml")"
is 'one that says nothing is not' 1 "$(starts '')"
is 'nor is one with an error of the kernel' 1 "$(starts "$aml" 'BUG: x')"
