# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# curl, fetching pages over TLS from a server on this machine.

prepare()
{
	mkdir www
	echo 'a page' >www/page
	seq $((SIZE * 20000)) >www/long
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem \
		-out cert.pem -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost 2>/dev/null
	(cd www && exec openssl s_server -quiet -accept 127.0.0.1:8443 \
		-cert ../cert.pem -key ../key.pem -WWW >../server.log 2>&1) &
	for _ in $(seq 300); do
		(: <>/dev/tcp/127.0.0.1/8443) 2>/dev/null && break
		sleep 0.1
	done
}

fetch=(curl -sS --cacert ../cert.pem)

learn()
{
	"$@" "${fetch[@]}" https://localhost:8443/page &&
		"$@" "${fetch[@]}" -o file -w '%{size_download}\n' \
			https://localhost:8443/page
}

work()
{
	"$@" "${fetch[@]}" https://localhost:8443/long \
		https://localhost:8443/page
	"$@" "${fetch[@]}" -o copy -w '%{size_download}\n' \
		https://localhost:8443/long && cmp copy ../www/long
}
