# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A database in a file, by sqlite3's shell.

rows()
{
	echo "create table $1(id integer primary key, name text, n integer);"
	echo 'begin;'
	for i in $(seq $((SIZE * $2))); do
		echo "insert into $1(name, n) values('name $i', $i * 7 % 101);"
	done
	echo 'commit;'
}

learn()
{
	{
		rows people 500
		cat <<-'SQL'
		create index by_n on people(n);
		select count(*), sum(n) from people where n < 50;
		update people set n = n + 1 where id % 3 = 0;
		delete from people where id % 5 = 0;
		vacuum;
		begin; update people set n = 0; rollback;
		delete from people where id > 20;
		vacuum;
		select a.id from people a, people b order by b.name, a.n limit 3;
		SQL
	} | "$@" sqlite3 file.db
	"$@" sqlite3 file.db '.dump' .tables
}

work()
{
	{
		rows things 300
		cat <<-'SQL'
		create table more as select id, upper(name) as name from things;
		create unique index by_name on more(name);
		select count(*), max(n), min(name) from things;
		insert into more(id, name) select id + 1000000, name || '!' from more;
		delete from things where n between 10 and 90;
		select name, count(*) from things group by n order by 2, 1 limit 5;
		vacuum;
		begin; drop table more; rollback;
		select count(*) from more join things using (name);
		SQL
	} | "$@" sqlite3 other.db
	"$@" sqlite3 other.db 'pragma integrity_check; select total(n) from things;'
}
