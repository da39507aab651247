# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Python, at the tests of its own library: those of some modules are recorded,
# those of others run.

# What it compiles is kept or not, as it happens to be there.
export PYTHONDONTWRITEBYTECODE=1

recorded=(test.test_heapq test.test_textwrap)
others=(test.test_bisect test.test_string)
if [ "$SIZE" != 1 ]; then
	recorded+=(test.test_glob test.test_tempfile test.test_json
		test.test_gzip test.test_zlib)
	others+=(test.test_linecache test.test_csv test.test_calendar
		test.test_struct test.test_fnmatch)
fi

learn()
{
	TMPDIR=$PWD "$@" /usr/bin/python3 -m unittest "${recorded[@]}"
}

work()
{
	local status=0
	TMPDIR=$PWD "$@" /usr/bin/python3 -m unittest "${others[@]}" \
		>log 2>&1 || status=$?
	sed 's/ in [0-9.]*s$//' log
	return $status
}
