# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# redis, as a server for its own benchmark, saving its data in between.

# A file of redis-tools, which is a server if it has this name; the package
# redis-server would have one run on this machine all the time.
prepare()
{
	ln -s /usr/bin/redis-check-rdb redis-server
}

redis=(redis-cli -p 6399)
bench=(redis-benchmark -p 6399 -q)

# server WORD...: until it answers
server()
{
	"$@" ../redis-server --port 6399 --bind 127.0.0.1 --save '' \
		--dir . >log 2>&1 &
	for _ in $(seq 600); do
		[ "$("${redis[@]}" ping 2>/dev/null)" != PONG ] || return 0
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	cat log
	return 1
}

# stop: the server, whose status is the result
stop()
{
	"${redis[@]}" shutdown nosave
	wait $! && return
	cat log
	return 1
}

save()
{
	"${redis[@]}" bgsave >/dev/null
	while "${redis[@]}" info persistence |
		grep -q rdb_bgsave_in_progress:1; do
		sleep 0.1
	done
	"${redis[@]}" info persistence | grep -o rdb_last_bgsave_status:ok
}

learn()
{
	server "$@" || return
	"${bench[@]}" -n $((SIZE * 50)) -c 5 \
		-t set,get,ping,incr,lpush,rpop,sadd >/dev/null
	# Long answers to several requests at once
	"${bench[@]}" -n $((SIZE * 50)) -c 5 -d 3000 -P 8 \
		-t set,get,lpush,lrange_100 >/dev/null
	"${redis[@]}" eval 'return redis.call("set", "k", ARGV[1])' 0 text
	# What is saved is written to the disk as soon as it is 4 MB.
	"${bench[@]}" -n 100 -c 5 -d 60000 -r 100000 -t set >/dev/null
	save
	stop
}

work()
{
	server "$@" || return
	"${bench[@]}" -n $((SIZE * 200)) -c 10 -d 2000 -P 4 -r 1000 \
		-t mset,hset,zadd,lrange_100,spop,get >/dev/null
	"${redis[@]}" set key value
	"${redis[@]}" append key s
	"${redis[@]}" eval 'return redis.call("get", KEYS[1]) .. "!"' 1 key
	"${redis[@]}" expire key 1
	save
	sleep 2
	"${redis[@]}" exists key
	"${redis[@]}" flushall
	"${redis[@]}" dbsize
	stop
}
