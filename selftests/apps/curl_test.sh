#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An unmodified program with some thirty libraries: it does under its policy
# what it does without, and a library that is slipped in does not.
set -u
. selftests/apps/tap.sh

echo 'what the server has to say' >page
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
	-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	2>/dev/null
openssl s_server -quiet -accept 127.0.0.1:8443 -cert cert.pem -key key.pem \
	-WWW >server.log 2>&1 &
for _ in $(seq 300); do
	(: <>/dev/tcp/127.0.0.1/8443) 2>/dev/null && break
	sleep 0.1
done

fetch=(curl -sS --cacert cert.pem https://localhost:8443/page)
confined=(af run "$policies/curl.af" -- "${fetch[@]}")
union=("$helpers/union" "$policies/curl.af" "${fetch[@]}")
intruder=$helpers/libintruder.so
guest=$helpers/libguest.so

# Called by run.
# shellcheck disable=SC2317
preload()
{
	local lib=$1
	shift
	rm -f proof
	LD_PRELOAD=$lib PROOF=proof "$@"
}

check 'curl fetches a page over TLS' run 0 "${fetch[@]}"
check 'and it is the right one' cmp -s page "$out"
check 'it does the same under its policy' run 0 "${confined[@]}"
check 'with the same output' cmp -s page "$out"
check 'it has the libraries that make this worth while' \
	test "$(ldd "$(command -v curl)" | wc -l)" -gt 5

check 'a library that is slipped in opens a file' \
	run 0 preload "$intruder" "${fetch[@]}"
check 'and the file is there' test -e proof
check 'it does so as well under the union of all lists' \
	run 0 preload "$intruder" "${union[@]}"
check 'and the file is there, too' test -e proof
# 128 + SIGSYS
check 'under the policy it is stopped' \
	run 159 preload "$intruder" "${confined[@]}"
check 'before the file is there' test ! -e proof
check 'a library that makes no call may be slipped in' \
	run 0 preload "$guest" "${confined[@]}"
check 'and does not disturb' cmp -s page "$out"

# What libcurl may do, curl may not, and the other way round.
grep -v '^	exit_group$' "$policies/curl.af" >less.af
check 'without one of its calls, curl is stopped' \
	run 159 af run less.af -- "${fetch[@]}"
sed '/^library libcurl/,/^}/ { /^	connect$/d }' "$policies/curl.af" >less.af
check 'without one of its calls, libcurl is stopped' \
	run 159 af run less.af -- "${fetch[@]}"
check 'although the program may make that call' \
	grep -q '^	connect ' less.af
finish
