// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The policy language: what each construct means, what each mistake is told,
 * and that no text does harm.
 *
 * Linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "no_memory.h"
#include "policy.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* A policy as one line of text, to compare. */
static char shown[4096];

static void show(const char *format, ...)
{
	size_t len = strlen(shown);
	va_list args;

	va_start(args, format);
	vsnprintf(shown + len, sizeof(shown) - len, format, args);
	va_end(args);
}

static void show_tests(const struct af_rule *rule)
{
	static const char *const operators[] = {
		[AF_OP_EQ] = "==", [AF_OP_NE] = "!=", [AF_OP_LT] = "<",
		[AF_OP_LE] = "<=", [AF_OP_GT] = ">",  [AF_OP_GE] = ">=",
	};

	for (size_t i = 0; i < rule->nr_tests; i++) {
		const struct af_test *test = &rule->tests[i];

		show("[%u&%#jx%s%#jx]", test->arg, (uintmax_t)test->mask,
		     operators[test->op], (uintmax_t)test->value);
	}
}

static void show_rules(const struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		show(" %u", rule->nr);
		if (!rule->any_prev)
			show("<");
		if (rule->after_start)
			show("start,");
		if (rule->after_signal)
			show("signal,");
		for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
			if (af_nrset_has(&rule->after, nr))
				show("%u,", nr);
		}
		show_tests(rule);
		if (rule->action != SECCOMP_RET_ALLOW)
			show("=%x", rule->action);
	}
	show(";");
}

static void show_part(const struct af_part *part)
{
	show("(%zu", part->of);
	for (size_t i = 0; i < part->nr_pieces; i++) {
		const struct af_piece *piece = &part->pieces[i];

		switch (piece->kind) {
		case AF_PIECE_SECTION:
			show(" section:%s", piece->name);
			break;
		case AF_PIECE_SYMBOL:
			show(" %s", piece->name);
			break;
		case AF_PIECE_RANGE:
			ck_assert_ptr_null(piece->name);
			show(" %jx-%jx", (uintmax_t)piece->start,
			     (uintmax_t)piece->end);
		}
		show("@%u:%u", piece->place.line, piece->place.column);
	}
	show(")");
}

/*
 * "deny; common; unknown; program; library; ...", with rules as numbers and
 * "<" before predecessors, tests in "[]" and "=" before an action; "@" behind a
 * name and the place that it has, "T" for transparent, "?" for optional, "~"
 * for a file of which only parts are known; what a part consists of in "()".
 */
static const char *describe(const struct libaf_policy *policy)
{
	shown[0] = '\0';
	show("%x;", policy->deny);
	show_rules(&policy->common);
	for (size_t id = 0; id < policy->nr_callers; id++) {
		const struct af_caller *caller = &policy->callers[id];

		if (caller->name)
			show(" %s", caller->name);
		if (caller->place.line)
			show("@%u:%u", caller->place.line,
			     caller->place.column);
		if (caller->transparent)
			show("T");
		if (caller->optional)
			show("?");
		if (caller->kind == AF_CALLER_LIBRARY && !caller->rest)
			show("~");
		if (caller->part)
			show_part(caller->part);
		show_rules(caller);
	}
	return shown;
}

static const struct {
	const char *text;
	const char *policy;
} good[] = {
	/* blocks */
	{ "common { }", "80000000;;;;" },
	{ "common { read }", "80000000; 0;;;" },
	{ "common {\nread\n}\n", "80000000; 0;;;" },
	{ "common {\n\tread write\n\topen }\n", "80000000; 0 1 2;;;" },
	{ "common { read\nwrite }", "80000000; 0 1;;;" },
	{ "unknown { read }", "80000000;;@1:1 0;;" },
	{ "program { read }", "80000000;;;@1:1 0;" },
	{ "program /bin/a { read }", "80000000;;;; /bin/a@1:9 0;" },
	{ "program { }\nprogram /b { read }\nprogram /a { write }",
	  "80000000;;;@1:1; /b@2:9 0; /a@3:9 1;" },
	{ "transparent /b\nprogram /b { }", "80000000;;;; /b@1:13T;" },
	{ "optional library a { read }\nlibrary b { }",
	  "80000000;;;; a@1:18? 0; b@2:9;" },
	{ "library a { }\noptional transparent a b",
	  "80000000;;;; a@1:9T?; b@2:24T?;" },
	{ "library a.so { read }", "80000000;;;; a.so@1:9 0;" },
	{ " library /b/a.so { }", "80000000;;;; /b/a.so@1:10;" },
	{ "library b { read }\nlibrary a { read }",
	  "80000000;;;; b@1:9 0; a@2:9 0;" },
	{ "library ... { }", "80000000;;;; ...@1:9;" },
	{ "library /.../..a/.b { }", "80000000;;;; /.../..a/.b@1:9;" },
	{ "program { read }\nunknown { write }\ncommon { open }\n"
	  "library x { close }",
	  "80000000; 2;@2:1 1;@1:1 0; x@4:9 3;" },
	/* parts */
	{ "part a of program symbol f { read }",
	  "80000000;;;@1:11; a@1:6(1 f@1:26) 0;" },
	{ "part a of program symbol f g\npart a { read }",
	  "80000000;;;@1:11; a@1:6(1 f@1:26 g@1:28) 0;" },
	{ "part a { read }\npart a of library b section .f",
	  "80000000;;;; a@1:6(3 section:.f@2:29) 0; b@2:19~;" },
	{ "part a of library b range 0x1-0x2\n"
	  "part a of library b section section\n"
	  "part a of library b symbol symbol {\n}\nlibrary b { read }",
	  "80000000;;;; a@1:6(3 1-2@1:27 section:section@2:29 symbol@3:28);"
	  " b@1:19 0;" },
	{ "program { }\npart a of program range "
	  "0x0-0x1 0xAf0-0xffffffffffffffff { }",
	  "80000000;;;@1:1; a@2:6(1 0-1@2:25 af0-ffffffffffffffff@2:33);" },
	{ "part a of program /b symbol f { }\npart c of program /b symbol g",
	  "80000000;;;; a@1:6(3 f@1:29); /b@1:19; c@2:6(3 g@2:29);" },
	{ "optional part a of library b symbol f {\nread }",
	  "80000000;;;; a@1:15(3 f@1:37) 0; b@1:28?~;" },
	{ "transparent b program\npart a of library b symbol read { read }",
	  "80000000;;;@1:15T; b@1:13T; a@2:6(2 read@2:28) 0;" },
	/* the same call in different blocks */
	{ "common { read }\nprogram { read }", "80000000; 0;;@2:1 0;" },
	/* predecessors */
	{ "common { read after open }", "80000000; 0<2,;;;" },
	{ "common { read after open close\nwrite after read }",
	  "80000000; 0<2,3, 1<0,;;;" },
	{ "common { read after read }", "80000000; 0<0,;;;" },
	{ "common {\nopen\nread after open # how\n}", "80000000; 2 0<2,;;;" },
	{ "common { read after start }", "80000000; 0<start,;;;" },
	{ "common { read after open signal start }",
	  "80000000; 0<start,signal,2,;;;" },
	{ "common { brk after exec }", "80000000; 12<59,322,;;;" },
	/* several rules for a call */
	{ "common {\nread after open\nread after close\nread\n}",
	  "80000000; 0<2, 0<3, 0;;;" },
	/* arguments: of int, of long, of umode_t */
	{ "common { socket if arg0 == AF_UNIX }",
	  "80000000; 41[0&0xffffffff==0x1];;;" },
	{ "common { mmap if arg2 & PROT_EXEC == 0 }",
	  "80000000; 9[2&0x4==0];;;" },
	{ "common { chmod if arg1 != 0777 }",
	  "80000000; 90[1&0xffff!=0x1ff];;;" },
	{ "common { lseek if arg1 < 0x100000000 and arg2 == SEEK_SET }",
	  "80000000; 8[1&0xffffffffffffffff<0x100000000]"
	  "[2&0xffffffff==0];;;" },
	{ "common { openat if arg0 == AT_FDCWD }",
	  "80000000; 257[0&0xffffffff==0xffffff9c];;;" },
	{ "common { lseek if arg1 >= -1 }",
	  "80000000; 8[1&0xffffffffffffffff>=0xffffffffffffffff];;;" },
	{ "common { open if arg1 & O_CREAT|O_EXCL == O_CREAT|O_EXCL }",
	  "80000000; 2[1&0xc0==0xc0];;;" },
	{ "common { read if arg2 <= 10\nread if arg2 > 20 }",
	  "80000000; 0[2&0xffffffffffffffff<=0xa]"
	  " 0[2&0xffffffffffffffff>0x14];;;" },
	/* actions of rules */
	{ "common { ptrace then errno EPERM }", "80000000; 101=50001;;;" },
	{ "common { read after open if arg0 == 0 then log }",
	  "80000000; 0<2,[0&0xffffffff==0]=7ffc0000;;;" },
	{ "common { kill then kill\ntkill then trap\nread then allow }",
	  "80000000; 62=80000000 200=30000 0;;;" },
	{ "default notify\ncommon { read then notify }",
	  "7fc00000; 0=7fc00000;;;" },
	/* groups */
	{ "common { @open }", "80000000; 2 85 257 437;;;" },
	{ "common { open then log\n@open }",
	  "80000000; 2=7ffc0000 85 257 437;;;" },
	{ "common { open if arg1 == 0\n@open then trap }",
	  "80000000; 2[1&0xffffffff==0] 2=30000 85=30000 257=30000 "
	  "437=30000;;;" },
	{ "common { read after @open }", "80000000; 0<2,85,257,437,;;;" },
	{ "common { @open after read }",
	  "80000000; 2<0, 85<0, 257<0, 437<0,;;;" },
	{ "common { @open @open }", "80000000; 2 85 257 437;;;" },
	{ "common { @open after read\n@open\n@open }\nunknown { @open }",
	  "80000000; 2<0, 85<0, 257<0, 437<0, 2 85 257 437;@4:1 2 85 257 "
	  "437;;" },
	/* transparent libraries, before and behind their blocks */
	{ "default log\ntransparent a /b/c",
	  "7ffc0000;;;; a@2:13T; /b/c@2:15T;" },
	{ "transparent a\nlibrary a { read }", "80000000;;;; a@1:13T 0;" },
	{ "library a { read }\ntransparent b a\n",
	  "80000000;;;; a@1:9T 0; b@2:13T;" },
	{ "default log\ntransparent a\ntransparent b",
	  "7ffc0000;;;; a@2:13T; b@3:13T;" },
	/* actions */
	{ "default kill\nunknown { }", "80000000;;@2:1;;" },
	{ "default trap\ncommon { }", "30000;;;;" },
	{ "default log", "7ffc0000;;;;" },
	{ "default errno EPERM\ncommon { }", "50001;;;;" },
	{ "default errno EHWPOISON\ncommon { }", "50085;;;;" },
	{ "default errno EAGAIN\ncommon { }", "5000b;;;;" },
	{ "default errno EWOULDBLOCK\ncommon { }", "5000b;;;;" },
	{ "default errno EDEADLOCK\ncommon { }", "50023;;;;" },
	{ "default errno ENOTSUP\ncommon { }", "5005f;;;;" },
	{ "common { }\ndefault log", "7ffc0000;;;;" },
	/* comments and blanks */
	{ "# nothing\n\n \t\ndefault log# at once\n#", "7ffc0000;;;;" },
	{ "#\xc3\xa4\xff\tx\ndefault log", "7ffc0000;;;;" },
	{ "\tcommon\t{\tread\t}\t\n", "80000000; 0;;;" },
	{ "common { # {\nread# }\n} # x", "80000000; 0;;;" },
	/* system calls with names like words of the language */
	{ "common { kill }", "80000000; 62;;;" },
};

static int parse(const char *text, size_t len, struct libaf_policy **policy,
		 struct libaf_error *err)
{
	char *copy = malloc(len ? len : 1);
	int ret;

	/* A copy of exactly this size shows reads beyond the end. */
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	ret = libaf_policy_parse(copy, len, "a.af", policy, err);
	free(copy);
	return ret;
}

START_TEST(test_good) {
	const char *text = good[_i].text;
	struct libaf_policy *policy;
	struct libaf_error err;
	int ret = parse(text, strlen(text), &policy, &err);

	ck_assert_msg(!ret, "%u:%u: %s", err.line, err.column, err.text);
	ck_assert_str_eq(describe(policy), good[_i].policy);
	ck_assert_str_eq(policy->name, "a.af");
	ck_assert_str_eq(err.text, "");
	libaf_policy_free(policy);
	ck_assert_int_eq(
		libaf_policy_parse(text, strlen(text), NULL, &policy, NULL), 0);
	ck_assert_str_eq(policy->name, "");
	libaf_policy_free(policy);
}
END_TEST

#define BAD(string, l, c, t, h)                                           \
	{                                                                 \
		.text = (string), .len = sizeof(string) - 1, .line = (l), \
		.column = (c), .error = (t), .hint = (h),                 \
	}

static const struct {
	const char *text;
	size_t len;
	unsigned int line;
	unsigned int column;
	const char *error;
	const char *hint;
} bad[] = {
	/* nothing is permitted */
	BAD("", 0, 0, "the policy permits nothing",
	    "add a block, as in `common { read write }`"),
	BAD("# x\n\n", 0, 0, "the policy permits nothing", "add a block"),
	BAD("default kill\n", 0, 0, "the policy permits nothing", "add"),
	BAD("default errno EPERM", 0, 0, "the policy permits nothing", "add"),
	BAD("transparent a b", 0, 0, "the policy permits nothing", "add"),

	/* bytes */
	BAD("common { }\r\n", 1, 11, "carriage return in the policy",
	    "save the file with Unix line ends"),
	BAD("# x\r\ncommon { }", 1, 4, "carriage return in the policy",
	    "Unix line ends"),
	BAD("\r\n", 1, 1, "carriage return in the policy", "Unix line ends"),
	BAD("common {\n read\r\n}", 2, 6, "carriage return in the policy",
	    "Unix line ends"),
	BAD("common { re\0ad }", 1, 12, "control byte 0x00",
	    "remove it; only tabs and newlines may be used"),
	BAD("common {\n\v read }", 2, 1, "control byte 0x0b", "remove it"),
	BAD("# \033[1A\n", 1, 3, "control byte 0x1b", "remove it"),
	BAD("# \177\n", 1, 3, "control byte 0x7f", "remove it"),
	BAD("common { \177 }", 1, 10, "control byte 0x7f", "remove it"),
	BAD("# a\0b\n", 1, 4, "control byte 0x00", "remove it"),
	BAD("\xef\xbb\xbf"
	    "common { }",
	    1, 1, "byte 0xef outside of a comment",
	    "only comments may have non-ASCII characters"),
	BAD("library m\xc3\xbc { }", 1, 10, "byte 0xc3 outside of a comment",
	    "only comments"),

	/* braces */
	BAD("common{ }", 1, 7, "`{` is not separated by blanks",
	    "put a blank before and after `{`"),
	BAD("common {read }", 1, 8, "`{` is not separated by blanks", "`{`"),
	BAD("common { read}", 1, 14, "`}` is not separated by blanks",
	    "before and after `}`"),
	BAD("common { }}", 1, 11, "`}` is not separated by blanks", "`}`"),
	BAD("common { read } write", 1, 17, "unexpected `write` after `}`", ""),
	BAD("common { read } }", 1, 17, "unexpected `}` after `}`", ""),
	BAD("common { read after open } x", 1, 28, "unexpected `x` after `}`",
	    ""),
	BAD("}", 1, 1, "`}` without a block's header", ""),
	BAD("common { }\n {", 2, 2, "`{` without a block's header", ""),
	BAD("common", 1, 7, "no `{` after the block's header",
	    "`{` follows in the same line"),
	BAD("common # x\n{ }", 1, 7, "no `{` after the block's header",
	    "same line"),
	BAD("common read { }", 1, 8, "no `{` after the block's header",
	    "same line"),
	BAD("common }", 1, 8, "no `{` after the block's header", "same line"),
	BAD("library x\n{ }", 1, 10, "no `{` after the block's header",
	    "same line"),
	BAD("library x y { }", 1, 11, "no `{` after the block's header",
	    "same line"),
	BAD("unknown\n{ }", 1, 8, "no `{` after the block's header",
	    "same line"),
	BAD("program", 1, 8, "no `{` after the block's header", "same line"),
	BAD("program /x", 1, 11, "no `{` after the block's header",
	    "same line"),
	BAD("program /x /y { }", 1, 12, "no `{` after the block's header",
	    "same line"),
	BAD("default log\n common { read\n", 2, 2,
	    "the block that begins here has no end", "end it with `}`"),
	BAD("library x {", 1, 1, "the block that begins here has no end",
	    "end it with `}`"),

	/* statements */
	BAD("commom { }", 1, 1, "unknown statement `commom`",
	    "did you mean `common`?"),
	BAD("\n  lib x { }", 2, 3, "unknown statement `lib`", ""),
	BAD("read write", 1, 1, "unknown statement `read`",
	    "system calls belong in a block: `common { read }`"),
	BAD("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
	    1, 1, "unknown statement `qqqqq", ""),
	BAD("include x", 1, 1, "`include` in a policy that is not a file", ""),
	BAD("newer errno ENOSYS", 0, 0, "the policy permits nothing", "add"),
	BAD("newer", 1, 6, "the line is incomplete",
	    "as in `newer errno ENOSYS`"),
	BAD("newer allow", 1, 7, "unknown action `allow`", "use `kill`"),
	BAD("newer kill\nnewer log", 2, 1,
	    "this `newer` repeats the one in line 1", ""),
	BAD("optional", 1, 9, "the line is incomplete",
	    "as in `optional library libnss_sss.so.2 {`"),
	BAD("optional program { }", 1, 10, "`program` cannot be optional", ""),
	BAD("@io", 1, 1, "unknown statement `@io`",
	    "system calls belong in a block: `common { @io }`"),

	/* phases */
	BAD("phase", 1, 6, "the line is incomplete", "as in `phase serve {`"),
	BAD("phase {\n}", 1, 7, "the line is incomplete", "as in"),
	BAD("phase serve\n{ }", 1, 12, "no `{` after the block's header",
	    "same line"),
	BAD("phase serve { }", 1, 15, "unexpected `}` after `{` of a phase",
	    ""),
	BAD("common { }\nphase serve {\ncommon { read }\n", 2, 1,
	    "the phase that begins here has no end", "end it with `}`"),
	BAD("phase serve {\ncommon { read\n", 2, 1,
	    "the block that begins here has no end", "end it with `}`"),
	BAD("phase serve {\n} x", 2, 3, "unexpected `x` after `}`", ""),
	BAD("phase a {\n}\nphase a {\n}", 3, 7,
	    "this phase repeats the one in line 1", ""),
	BAD("phase a {\ndefault log\n}", 2, 1, "`default` inside of a phase",
	    "end the phase that begins in line 1 with `}` first"),
	BAD("phase a {\nphase b {\n}\n}", 2, 1, "`phase` inside of a phase",
	    "line 1"),
	BAD("phase a {\ncommon { }\ncommon { }\n}", 3, 1,
	    "this block repeats the one in line 2", ""),
	BAD("phase a {\noptional transparent b\n}", 2, 10,
	    "`transparent` inside of a phase", "line 1"),

	/* default */
	BAD("default", 1, 8, "the line is incomplete", "as in `default kill`"),
	BAD("default  # kill", 1, 8, "the line is incomplete",
	    "as in `default kill`"),
	BAD("default allow", 1, 9, "unknown action `allow`",
	    "use `kill`, `errno NAME`, `trap`, `log` or `notify`"),
	BAD("default kil", 1, 9, "unknown action `kil`",
	    "did you mean `kill`?"),
	BAD("default erno EPERM", 1, 9, "unknown action `erno`",
	    "did you mean `errno`?"),
	BAD("default notfy", 1, 9, "unknown action `notfy`",
	    "did you mean `notify`?"),
	BAD("default kill log", 1, 14, "unexpected `log` after the action", ""),
	BAD("default errno", 1, 14, "the line is incomplete",
	    "as in `errno EPERM`"),
	BAD("default errno EPREM", 1, 15, "unknown error `EPREM`",
	    "did you mean `EPERM`?"),
	BAD("default errno 13", 1, 15, "unknown error `13`",
	    "errno(3) lists the names of errors"),
	BAD("default errno EPERM x", 1, 21, "unexpected `x` after the action",
	    ""),
	BAD("default log\n\ndefault log", 3, 1,
	    "this `default` repeats the one in line 1", ""),

	/* names of files */
	BAD("library", 1, 8, "the line is incomplete",
	    "as in `library libssl.so.3 {`"),
	BAD("library {", 1, 9, "`{` is not a file name or an absolute path",
	    ""),
	BAD("library } {", 1, 9, "`}` is not a file name", ""),
	BAD("program } {", 1, 9, "`}` is not an absolute path", ""),
	BAD("library a/b { }", 1, 9,
	    "`a/b` is not a file name or an absolute path",
	    "an absolute path has no `.`, `..` or `//`"),
	BAD("library ./b { }", 1, 9, "`./b` is not", "no `.`, `..` or `//`"),
	BAD("library . { }", 1, 9, "`.` is not a file name", ""),
	BAD("library .. { }", 1, 9, "`..` is not a file name", ""),
	BAD("library / { }", 1, 9, "`/` is not", "no `.`"),
	BAD("library /a/ { }", 1, 9, "`/a/` is not", "no `.`"),
	BAD("library //a { }", 1, 9, "`//a` is not", "no `.`"),
	BAD("library /a//b { }", 1, 9, "`/a//b` is not", "no `.`"),
	BAD("library /a/./b { }", 1, 9, "`/a/./b` is not", "no `.`"),
	BAD("library /a/../b { }", 1, 9, "`/a/../b` is not", "no `.`"),
	BAD("library /a/.. { }", 1, 9, "`/a/..` is not", "no `.`"),
	BAD("program a { }", 1, 9, "`a` is not an absolute path", ""),
	BAD("program a/b { }", 1, 9, "`a/b` is not an absolute path", "no `.`"),
	BAD("transparent", 1, 12, "the line is incomplete",
	    "as in `transparent libc.so.6`"),
	BAD("transparent # libc.so.6", 1, 12, "the line is incomplete",
	    "as in `transparent libc.so.6`"),
	BAD("transparent a { }", 1, 15, "`{` is not a file name", ""),
	BAD("transparent a a/b", 1, 15, "`a/b` is not", "no `.`"),
	BAD("transparent a b a", 1, 17, "`a` is transparent already, by line 1",
	    ""),
	BAD("transparent b\ntransparent a b", 2, 15,
	    "`b` is transparent already, by line 1", ""),

	/* blocks that repeat */
	BAD("common { }\n\n common { }", 3, 2,
	    "this block repeats the one in line 1", ""),
	BAD("\nunknown { }\nunknown { }", 3, 1,
	    "this block repeats the one in line 2", ""),
	BAD("program { }\nprogram { }", 2, 1,
	    "this block repeats the one in line 1", ""),
	BAD("program /x { }\nprogram /x { }", 2, 1,
	    "this block repeats the one in line 1", ""),
	BAD("library /x { }\nprogram /x { }", 2, 1,
	    "this block repeats the one in line 1", ""),
	BAD("transparent a\nlibrary a { }\nlibrary a { }", 3, 1,
	    "this block repeats the one in line 2", ""),

	/* blocks in blocks */
	BAD("common {\nlibrary x {\n", 2, 1, "`library` inside of a block",
	    "end the block that begins in line 1 with `}` first"),
	BAD("\ncommon {\ndefault log\n}", 3, 1, "`default` inside of a block",
	    "line 2"),
	BAD("common { read\ntransparent x }", 2, 1,
	    "`transparent` inside of a block", "line 1"),
	BAD("common { {", 1, 10, "`{` inside of a block", "line 1"),
	BAD("common { read after {", 1, 21, "`{` inside of a block", "line 1"),

	/* system calls */
	BAD("common { opneat }", 1, 10, "unknown system call `opneat`",
	    "did you mean `openat`?"),
	BAD("common {\n\tread\n\twrite reed\n}", 3, 8,
	    "unknown system call `reed`", "did you mean `read`?"),
	BAD("common { epol_wiat }", 1, 10, "unknown system call `epol_wiat`",
	    ""),
	BAD("common { clock_getime_ns }", 1, 10,
	    "unknown system call `clock_getime_ns`", ""),
	BAD("common { rt_sigprocmsk }", 1, 10, "unknown system call",
	    "did you mean `rt_sigprocmask`?"),
	BAD("common { READ }", 1, 10, "unknown system call `READ`", ""),
	BAD("common { xyzzy }", 1, 10, "unknown system call `xyzzy`", ""),
	BAD("common { read after opn }", 1, 21, "unknown system call `opn`",
	    "did you mean `open`?"),
	BAD("common { qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
	    "qqqqqqqqqqqqqqq }",
	    1, 10, "unknown system call `qqqqq", ""),
	BAD("common { socketcall }", 1, 10,
	    "x86-64 has no system call `socketcall`", ""),
	BAD("common { 0 }", 1, 10, "system calls have names, not numbers",
	    "the name of 0 is `read`"),
	BAD("common { 0x3b }", 1, 10, "system calls have names, not numbers",
	    "the name of 59 is `execve`"),
	BAD("common { 1000 }", 1, 10, "system calls have names, not numbers",
	    ""),
	BAD("common { 99999999999999999999999 }", 1, 10,
	    "system calls have names, not numbers", ""),
	BAD("common { 2read }", 1, 10, "unknown system call `2read`",
	    "did you mean `read`?"),
	BAD("common {\nread\nwrite read\n}", 3, 7,
	    "`read` is in this block already, in line 2", ""),
	BAD("common {\nread after open\nread\nread after close\n}", 4, 1,
	    "`read` is in this block already, in line 3", ""),
	BAD("common { @opem }", 1, 10, "unknown group `@opem`",
	    "did you mean `@open`?"),
	BAD("common { @ }", 1, 10, "unknown group `@`",
	    "`af list groups` lists them"),
	BAD("common { read after @ope }", 1, 21, "unknown group `@ope`",
	    "did you mean `@open`?"),

	/* tests */
	BAD("common { socket if }", 1, 20, "the line is incomplete",
	    "as in `if arg2 & PROT_EXEC == 0`"),
	BAD("common { socket if arg0 }", 1, 25, "the line is incomplete",
	    "as in"),
	BAD("common { socket if arg0 ==\n1 }", 1, 27, "the line is incomplete",
	    "as in"),
	BAD("common { socket if arg0 == 1 and }", 1, 34,
	    "the line is incomplete", "as in"),
	BAD("common { socket if arg6 == 1 }", 1, 20,
	    "`arg6` is not an argument", "arguments are `arg0` to `arg5`"),
	BAD("common { socket if domain == 1 }", 1, 20,
	    "`domain` is not an argument", "`arg0`"),
	BAD("common { socket if arg0 = 1 }", 1, 25, "`=` is not a comparison",
	    "use ==, !=, <, <=, > or >=, between blanks"),
	BAD("common { socket if arg0==1 }", 1, 20,
	    "`arg0==1` is not an argument", "`arg0`"),
	BAD("common { socket if arg0 == AF_UNXI }", 1, 28,
	    "`AF_UNXI` is not a number or a constant that is known",
	    "did you mean `AF_UNIX`?"),
	BAD("common { open if arg1 == O_CREAT|O_EXLC }", 1, 34,
	    "`O_EXLC` is not", "did you mean `O_EXCL`?"),
	BAD("common { open if arg1 == O_CREAT| }", 1, 34, "`` is not a number",
	    "`af list constants` lists them"),
	BAD("common { read if arg2 == 0x }", 1, 26, "`0x` is not a number",
	    "lists"),
	BAD("common { read if arg2 == 08 }", 1, 26, "`08` is not a number",
	    "lists"),
	BAD("common { read if arg2 == 0x10000000000000000 }", 1, 26,
	    "`0x10000000000000000` has more than 64 bits", ""),
	BAD("common { read if arg2 == -9223372036854775809 }", 1, 26,
	    "`-9223372036854775809` has more than 64 bits", ""),
	BAD("common { socket if arg0 == 0x100000001 }", 1, 28,
	    "`0x100000001` does not fit into the argument",
	    "the kernel takes 32 bits of it"),
	BAD("common { socket if arg0 == -2147483649 }", 1, 28,
	    "`-2147483649` does not fit", "32 bits"),
	BAD("common { socket if arg0 & 0x100000000 == 0 }", 1, 27,
	    "`0x100000000` does not fit", "32 bits"),
	BAD("common { chmod if arg1 == 0200000 }", 1, 27,
	    "`0200000` does not fit", "the kernel takes 16 bits of it"),
	BAD("common { mmap if arg2 & 4 == 1 }", 1, 18, "this never holds", ""),
	BAD("common { mmap if arg2 & 4 != 1 }", 1, 18, "this always holds", ""),
	BAD("common { ptrace if arg0 & 0 == 0 }", 1, 20, "this always holds",
	    ""),
	BAD("common { ptrace if arg0 & 0 != 0 }", 1, 20, "this never holds",
	    ""),
	BAD("common { ptrace if arg0 & 0 == 1 }", 1, 20, "this never holds",
	    ""),
	BAD("common { ptrace if arg0 & 0 != 1 }", 1, 20, "this always holds",
	    ""),
	BAD("common { read if arg2 >= 0 }", 1, 18, "this always holds", ""),
	BAD("common { read if arg2 < 0 }", 1, 18, "this never holds", ""),
	BAD("common { socket if arg0 > 0xffffffff }", 1, 20, "this never holds",
	    ""),
	BAD("common { mmap if arg2 & 4 <= 7 }", 1, 18, "this always holds", ""),
	BAD("common { @open if arg0 == 0 }", 1, 16,
	    "arguments of a group cannot be tested",
	    "name one system call of it"),
	BAD("common { read if arg0 == 0 or arg0 == 1 }", 1, 28,
	    "unexpected `or` in a rule", "begin a new line for another rule"),

	/* actions of rules */
	BAD("common { read then }", 1, 20, "the line is incomplete",
	    "as in `then errno EPERM`"),
	BAD("common { read then deny }", 1, 20, "unknown action `deny`",
	    "use `allow`, `kill`, `errno NAME`, `trap`, `log` or `notify`"),
	BAD("common { read then kill log }", 1, 25,
	    "unexpected `log` in a rule", "new line"),
	BAD("common { read then kill if arg0 == 0 }", 1, 25,
	    "`if` comes before `then` in a rule", "new line"),
	BAD("common { read write then kill }", 1, 21,
	    "more than one system call before `then`", "a line of its own"),
	BAD("common { then kill }", 1, 10, "no system call before `then`",
	    "as in"),
	BAD("common { open notify }", 1, 15, "unknown system call `notify`",
	    ""),
	BAD("common {\nphase\n}", 2, 1, "`phase` inside of a block", "line 1"),

	/* after */
	BAD("common { after read }", 1, 10, "no system call before `after`",
	    "as in `read after open`, in one line"),
	BAD("common { read\nafter open }", 2, 1,
	    "no system call before `after`", "in one line"),
	BAD("common { read write after open }", 1, 21,
	    "more than one system call before `after`",
	    "give each of them a line of its own"),
	BAD("common { read after }", 1, 15, "`after` without a system call",
	    "name those that may come before, in this line"),
	BAD("common { read after\nopen }", 1, 15,
	    "`after` without a system call", "in this line"),
	BAD("common { read after open after close }", 1, 26,
	    "second `after` in a rule", "begin a new line for another rule"),
	BAD("common { read after after }", 1, 15,
	    "`after` without a system call", "in this line"),
	BAD("common { read after open open }", 1, 26,
	    "`open` is named twice after `after`", ""),

	/* part */
	BAD("part", 1, 5, "the line is incomplete",
	    "as in `part parser of program symbol parse {`"),
	BAD("part a", 1, 7, "the line is incomplete", "as in `part"),
	BAD("part a of", 1, 10, "the line is incomplete", "as in `part"),
	BAD("part a of program", 1, 18, "the line is incomplete", "as in"),
	BAD("part a of library", 1, 18, "the line is incomplete", "as in"),
	BAD("part a of library b", 1, 20, "the line is incomplete", "as in"),
	BAD("part a of program symbol", 1, 25, "the line is incomplete", "as"),
	BAD("part a of program range { }", 1, 25, "the line is incomplete",
	    "as in"),
	BAD("part a in program symbol f { }", 1, 8,
	    "no `{` after the block's header", "same line"),
	BAD("part a of progam symbol f { }", 1, 11,
	    "`progam` is neither `program` nor `library`", "as in `part"),
	BAD("part a of libx.so symbol f { }", 1, 11,
	    "`libx.so` is neither `program` nor `library`", "as in `part"),
	BAD("part a of library b/c symbol f { }", 1, 19,
	    "`b/c` is not a file name or an absolute path", "no `.`"),
	BAD("part a of program ./b symbol f { }", 1, 19,
	    "`./b` is not `section`, `symbol` or `range`", "as in `part"),
	BAD("part a of library b sectoin f { }", 1, 21,
	    "`sectoin` is not `section`, `symbol` or `range`",
	    "did you mean `section`?"),
	BAD("part a of program { }", 1, 19,
	    "`{` is not `section`, `symbol` or `range`", "as in `part"),
	BAD("part a/b of program symbol f { }", 1, 6,
	    "`a/b` cannot be the name of a part", ""),
	BAD("part { }", 1, 6, "`{` cannot be the name of a part", ""),
	BAD("part program of program symbol f { }", 1, 6,
	    "`program` cannot be the name of a part", ""),
	BAD("part a of program range 1000-2000 { }", 1, 25,
	    "`1000-2000` is not a range of addresses",
	    "as in `0x1000-0x2000`, up to but not including 0x2000"),
	BAD("part a of program range 0x1000 { }", 1, 25,
	    "is not a range of addresses", "as in"),
	BAD("part a of program range 0x1000- { }", 1, 25,
	    "is not a range of addresses", "as in"),
	BAD("part a of program range 0x-0x1 { }", 1, 25,
	    "is not a range of addresses", "as in"),
	BAD("part a of program range 0x1000-0x1000 { }", 1, 25,
	    "is not a range of addresses", "as in"),
	BAD("part a of program range 0x2-0x1 { }", 1, 25,
	    "is not a range of addresses", "as in"),
	BAD("part a of program range 0x1-0x2x { }", 1, 25,
	    "is not a range of addresses", "as in"),
	BAD("part a of program range 0x1-0x10000000000000000 { }", 1, 25,
	    "is not a range of addresses", "as in"),
	BAD("part a of program range 0x1-0x2 f { }", 1, 33,
	    "`f` is not a range of addresses", "as in"),
	BAD("part a of program symbol f\npart a of library b symbol g { }", 2,
	    8, "this is a part of the program already, by line 1", ""),
	BAD("part a of library b symbol f\npart a of library c symbol g { }", 2,
	    8, "this is a part of b already, by line 1", ""),
	BAD("part a of program symbol f { }\npart a { }", 2, 1,
	    "this block repeats the one in line 1", ""),
	BAD("part a of program symbol f { }\nlibrary a { }", 2, 9,
	    "`a` is a part already, in line 1", ""),
	BAD("part a of program symbol f { }\ntransparent a", 2, 13,
	    "`a` is a part already, in line 1", ""),
	BAD("library a { }\npart a of program symbol f", 2, 6,
	    "`a` is a file already, in line 1", ""),
	BAD("part a { read }", 1, 6, "the part `a` is not defined",
	    "as in `part"),
	BAD("part parser of program symbol f\n\npart prser { read }", 3, 6,
	    "the part `prser` is not defined", "did you mean `parser`?"),
	BAD("part a of program symbol f {\nread", 1, 1,
	    "the block that begins here has no end", "end it with `}`"),
	BAD("part a of program symbol f } {", 1, 28,
	    "no `{` after the block's header", "same line"),
	BAD("part a of program symbol f\n", 0, 0, "the policy permits nothing",
	    "add a block"),
	BAD("common {\npart a of program symbol f\n}", 2, 1,
	    "`part` inside of a block", "line 1"),
	BAD("optional part a of program symbol f { }", 1, 20,
	    "a part of the program cannot be optional", ""),
	BAD("part a of library b symbol f\noptional part a { }", 2, 17,
	    "a block of a part cannot be optional", ""),
	BAD("optional transparent program", 1, 22,
	    "`program` cannot be optional", ""),
	BAD("transparent program\ntransparent b program", 2, 15,
	    "`program` is transparent already, by line 1", ""),
	BAD("phase p {\npart a of program symbol f { }\n}", 2, 8,
	    "a part is not defined inside of a phase", ""),
	BAD("common { }\nphase p {\npart a { read }\n}", 3, 6,
	    "the part `a` is not defined", "as in `part"),
	BAD("part a of program symbol f { }\nphase p {\nlibrary a { }\n}", 3, 9,
	    "`a` is a part, in line 1", ""),
	BAD("library a { }\nphase p {\npart a { }\n}", 3, 6,
	    "the part `a` is not defined", "as in `part"),
};

static void check_err(int i, const struct libaf_error *err)
{
	ck_assert_str_eq(err->file, "a.af");
	ck_assert_msg(strstr(err->text, bad[i].error), "%u:%u: %s", err->line,
		      err->column, err->text);
	ck_assert_uint_eq(err->line, bad[i].line);
	ck_assert_uint_eq(err->column, bad[i].column);
	ck_assert_msg(strstr(err->hint, bad[i].hint), "%s", err->hint);
	/* An empty one means that there is none. */
	ck_assert_int_eq(!*err->hint, !*bad[i].hint);
}

START_TEST(test_bad) {
	struct libaf_policy *policy = (struct libaf_policy *)&fail_in;
	struct libaf_error err;

	ck_assert_int_eq(parse(bad[_i].text, bad[_i].len, &policy, &err),
			 -EINVAL);
	ck_assert_ptr_null(policy);
	check_err(_i, &err);
	ck_assert_int_eq(parse(bad[_i].text, bad[_i].len, &policy, NULL),
			 -EINVAL);
}
END_TEST

START_TEST(test_arguments) {
	struct libaf_policy *policy = NULL;
	struct libaf_error err;

	ck_assert_int_eq(libaf_policy_parse("", 0, "x", NULL, &err), -EINVAL);
	ck_assert_str_eq(err.text, "an argument is NULL");
	ck_assert_int_eq(libaf_policy_parse(NULL, 1, "x", &policy, &err),
			 -EINVAL);
	ck_assert_str_eq(err.file, "x");
	ck_assert_int_eq(libaf_policy_parse(NULL, 0, "x", &policy, &err),
			 -EINVAL);
	ck_assert_str_eq(err.text, "the policy permits nothing");
	ck_assert_int_eq(libaf_policy_read(NULL, &policy, &err), -EINVAL);
	ck_assert_str_eq(err.text, "an argument is NULL");
	ck_assert_int_eq(libaf_policy_read("/dev/null", NULL, &err), -EINVAL);
	ck_assert_str_eq(err.text, "an argument is NULL");
}
END_TEST

/* A text that grows. */
struct buffer {
	char *text;
	size_t len;
	size_t size;
};

static void append(struct buffer *buffer, const char *format, ...)
{
	va_list args;

	if (buffer->size - buffer->len < 8192) {
		buffer->size = 2 * buffer->size + 16384;
		buffer->text = realloc(buffer->text, buffer->size);
		ck_assert_ptr_nonnull(buffer->text);
	}
	va_start(args, format);
	buffer->len +=
		vsnprintf(buffer->text + buffer->len, 8192, format, args);
	va_end(args);
}

static int parse_buffer(const struct buffer *buffer, struct libaf_error *err)
{
	struct libaf_policy *policy;
	int ret = libaf_policy_parse(buffer->text, buffer->len, "a.af", &policy,
				     err);

	libaf_policy_free(policy);
	return ret;
}

static void check_limit(const struct buffer *buffer, const char *text,
			unsigned int line, unsigned int column)
{
	struct libaf_error err;

	ck_assert_int_eq(parse_buffer(buffer, &err), -E2BIG);
	ck_assert_str_eq(err.text, text);
	ck_assert_uint_eq(err.line, line);
	ck_assert_uint_eq(err.column, column);
}

static void check_fits(const struct buffer *buffer)
{
	struct libaf_error err;

	ck_assert_msg(!parse_buffer(buffer, &err), "%s", err.text);
}

START_TEST(test_max_size) {
	struct buffer buffer = { 0 };

	append(&buffer, "common { read }\n");
	while (buffer.len < 1 << 20)
		append(&buffer, "#%*s\n",
		       (int)((1 << 20) - buffer.len < 4096 ?
				     (1 << 20) - buffer.len - 2 :
				     1022),
		       "");
	ck_assert_uint_eq(buffer.len, 1 << 20);
	check_fits(&buffer);
	append(&buffer, "#");
	check_limit(&buffer, "the policy is larger than 1024 KiB", 0, 0);
	free(buffer.text);
}
END_TEST

START_TEST(test_max_phases) {
	struct buffer buffer = { 0 };

	append(&buffer, "common { read }\n");
	for (unsigned int i = 0; i < 64; i++)
		append(&buffer, "phase p%u {\n}\n", i);
	check_fits(&buffer);
	append(&buffer, "phase one {\n}\n");
	check_limit(&buffer, "the policy has more than 64 phases", 130, 7);
	free(buffer.text);
}
END_TEST

START_TEST(test_max_libraries) {
	struct buffer buffer = { 0 };

	for (unsigned int i = 0; i < 500; i++)
		append(&buffer, "library %u { read }\n", i);
	check_fits(&buffer);
	append(&buffer, "transparent 0 x");
	check_limit(&buffer,
		    "the policy names more than 500 libraries and parts", 501,
		    15);
	free(buffer.text);
}
END_TEST

START_TEST(test_max_names) {
	struct buffer buffer = { 0 };

	append(&buffer, "common { }\n");
	for (unsigned int i = 0; i < 256; i++)
		append(&buffer, "transparent %0255u\n", i);
	append(&buffer, "transparent %0255u\n", 256);
	check_fits(&buffer);
	append(&buffer, "transparent x");
	check_fits(&buffer);
	append(&buffer, "y");
	check_limit(&buffer, "the names exceed 64 KiB together", 259, 13);
	free(buffer.text);
}
END_TEST

START_TEST(test_max_name) {
	struct buffer buffer = { 0 };

	append(&buffer, "library %0255u { }\n", 1);
	check_fits(&buffer);
	append(&buffer, "library %0256u { }\n", 1);
	check_limit(&buffer, "a name here has at most 255 bytes", 2, 9);
	buffer.len = 0;
	append(&buffer, "program /%04094u { }\n", 1);
	check_fits(&buffer);
	buffer.len = 0;
	append(&buffer, "program /%04095u { }\n", 1);
	check_limit(&buffer, "a name here has at most 4095 bytes", 1, 9);
	free(buffer.text);
}
END_TEST

/* The block of library @n: all calls with short names, at most @max. */
static unsigned int append_calls(struct buffer *buffer, unsigned int n,
				 unsigned int max)
{
	unsigned int calls = 0;

	append(buffer, "library %u {", n);
	for (unsigned int nr = 0; nr < AF_NR_MAX && calls < max; nr++) {
		char *name =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);

		if (name && strlen(name) <= 10) {
			append(buffer, " %s", name);
			calls++;
		}
		free(name);
	}
	append(buffer, " }\n");
	return calls;
}

START_TEST(test_max_pieces) {
	struct buffer buffer = { 0 };

	append(&buffer, "common { }\n");
	for (unsigned int i = 0; i < 4096; i++)
		append(&buffer, "part a of program range 0x%x-0x%x\n", i,
		       i + 1);
	check_fits(&buffer);
	append(&buffer, "part b of program symbol f");
	check_limit(&buffer,
		    "the policy has more than 4096 sections, symbols and "
		    "ranges",
		    4098, 26);
	buffer.len = 0;
	append(&buffer, "part a of program symbol %01023u { }\n", 1);
	check_fits(&buffer);
	append(&buffer, "part a of program symbol %01024u { }\n", 1);
	check_limit(&buffer, "a name here has at most 1023 bytes", 2, 26);
	free(buffer.text);
}
END_TEST

START_TEST(test_max_rules) {
	struct buffer buffer = { 0 };
	unsigned int rules = 0, blocks = 0;

	while (rules < 65536)
		rules += append_calls(&buffer, blocks++, 65536 - rules);
	check_fits(&buffer);
	append(&buffer, "unknown { read }\n");
	check_limit(&buffer, "the policy has more than 65536 rules", blocks + 1,
		    11);
	free(buffer.text);
}
END_TEST

/* Rules of one call, which a group may have, too. */
START_TEST(test_max_alternatives) {
	struct buffer buffer = { 0 };
	size_t len;

	append(&buffer, "common {\n");
	for (unsigned int i = 0; i < 16; i++)
		append(&buffer, "read if arg2 == %u\n", i);
	len = buffer.len;
	append(&buffer, "write @open }");
	check_fits(&buffer);
	buffer.len = len;
	append(&buffer, "write read }");
	check_limit(&buffer, "more than 16 rules for `read` in a block", 18, 7);
	buffer.len = len;
	append(&buffer, "write @io }");
	check_limit(&buffer,
		    "more than 16 rules for a call of `@io` in a block", 18, 7);
	free(buffer.text);
}
END_TEST

START_TEST(test_max_tests) {
	struct buffer buffer = { 0 };

	append(&buffer, "common {\nmmap if arg0 == 0");
	for (unsigned int i = 1; i < 6; i++)
		append(&buffer, " and arg%u == 0", i);
	append(&buffer, " }");
	check_fits(&buffer);
	buffer.len -= 2;
	append(&buffer, " and arg1 != 7 }");
	check_limit(&buffer, "more than 6 tests in a rule", 2, 93);
	free(buffer.text);
}
END_TEST

/* A file of the test's, in a directory of its own. */
static char dir[32];
static char file[sizeof(dir) + 16];

static void make_dir(void)
{
	strcpy(dir, "/tmp/parse_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/a.af", dir);
}

static void remove_dir(void)
{
	unlink(file);
	rmdir(file);
	rmdir(dir);
}

static void write_file(const char *text, size_t len)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), len);
	close(fd);
}

static void check_read(const char *path, int code, const char *text)
{
	struct libaf_policy *policy = (struct libaf_policy *)&fail_in;
	struct libaf_error err;

	ck_assert_int_eq(libaf_policy_read(path, &policy, &err), code);
	ck_assert_ptr_null(policy);
	ck_assert_str_eq(err.file, path);
	ck_assert_str_eq(err.text, text);
	ck_assert_uint_eq(err.line, 0);
}

START_TEST(test_read) {
	static const char text[] = "transparent a\ncommon { read }\n";
	struct libaf_policy *policy;
	struct libaf_error err;

	write_file(text, strlen(text));
	ck_assert_int_eq(libaf_policy_read(file, &policy, &err), 0);
	ck_assert_str_eq(policy->name, file);
	ck_assert_str_eq(describe(policy), "80000000; 0;;; a@1:13T;");
	libaf_policy_free(policy);

	write_file("common {\n\tred\n}", 15);
	ck_assert_int_eq(libaf_policy_read(file, &policy, &err), -EINVAL);
	ck_assert_str_eq(err.file, file);
	ck_assert_uint_eq(err.line, 2);
	ck_assert_uint_eq(err.column, 2);
	write_file("", 0);
	check_read(file, -EINVAL, "the policy permits nothing");
}
END_TEST

/*
 * A phase has the callers of the whole policy under the same ids, behind them
 * its own, and the actions of the whole policy, which may come after it.
 */
START_TEST(test_phases) {
	static const char text[] = "transparent t\n"
				   "phase one {\n"
				   "\tlibrary b { read }\n"
				   "\tlibrary only { write }\n"
				   "}\n"
				   "library a { open }\n"
				   "optional library b { close }\n"
				   "phase two {\n"
				   "}\n"
				   "newer log\n"
				   "default errno EPERM\n";
	const struct libaf_policy *phase;
	struct libaf_policy *policy;
	struct libaf_error err;

	ck_assert_int_eq(parse(text, strlen(text), &policy, &err), 0);
	ck_assert_str_eq(describe(policy),
			 "50001;;;; t@1:13T; a@6:9 2; b@7:18? 3;");
	phase = libaf_policy_phase(policy, "one");
	ck_assert_ptr_nonnull(phase);
	ck_assert_str_eq(describe(phase),
			 "50001;;;; t@1:13T; a@6:9; b@3:10? 0; only@4:10 1;");
	ck_assert(phase->has_newer);
	ck_assert_uint_eq(phase->newer, SECCOMP_RET_LOG);
	ck_assert(af_nrset_has(&phase->known, 0));
	phase = libaf_policy_phase(policy, "two");
	ck_assert_str_eq(describe(phase), "50001;;;; t@1:13T; a@6:9; b@7:18?;");
	ck_assert_ptr_null(libaf_policy_phase(policy, "three"));
	libaf_policy_free(policy);
}
END_TEST

/* A part is the same in all phases, whether or not they have a block for it. */
START_TEST(test_parts_of_phases) {
	static const char text[] = "phase one {\n"
				   "\tlibrary only { write }\n"
				   "\tpart a { read }\n"
				   "}\n"
				   "part b of library l symbol f { close }\n"
				   "part a of program symbol g\n"
				   "transparent program\n"
				   "phase two {\n"
				   "}\n"
				   "library l { open }\n";
	const struct libaf_policy *phase;
	struct libaf_policy *policy;
	struct libaf_error err;

	ck_assert_int_eq(parse(text, strlen(text), &policy, &err), 0);
	ck_assert_str_eq(describe(policy),
			 "80000000;;;@6:11T; b@5:6(3 f@5:28) 3; l@5:19 2; "
			 "a@6:6(1 g@6:26);");
	phase = libaf_policy_phase(policy, "one");
	ck_assert_str_eq(describe(phase),
			 "80000000;;;@6:11T; b@5:6(3 f@5:28); l@5:19; "
			 "a@3:7(1 g@6:26) 0; only@2:10 1;");
	phase = libaf_policy_phase(policy, "two");
	ck_assert_str_eq(describe(phase),
			 "80000000;;;@6:11T; b@5:6(3 f@5:28); l@5:19; "
			 "a@6:6(1 g@6:26);");
	ck_assert(af_policy_has_parts(phase, AF_ID_PROGRAM));
	ck_assert(!af_policy_has_parts(phase, AF_ID_UNKNOWN));
	libaf_policy_free(policy);
}
END_TEST

/* A file beside the one that is read. */
static void write_other(const char *name, const char *text)
{
	char main_file[sizeof(file)];

	strcpy(main_file, file);
	snprintf(file, sizeof(file), "%s/%s", dir, name);
	write_file(text, strlen(text));
	strcpy(file, main_file);
}

static void remove_other(const char *name)
{
	char path[sizeof(dir) + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

START_TEST(test_include) {
	static const char text[] = "include b.af # beside this one\n"
				   "common { read }\n";
	struct libaf_policy *policy;
	struct libaf_error err;

	write_file(text, strlen(text));
	write_other("b.af", "\nlibrary x { write }\n");
	ck_assert_int_eq(libaf_policy_read(file, &policy, &err), 0);
	ck_assert_str_eq(describe(policy), "80000000; 0;;; x@2:9 1;");
	ck_assert_str_eq(strrchr(policy->callers[2].place.file, '/'), "/b.af");
	ck_assert_str_eq(policy->common.block.file, file);
	libaf_policy_free(policy);
	remove_other("b.af");
}
END_TEST

static const struct {
	const char *text;
	const char *other;
	const char *file;
	unsigned int line;
	unsigned int column;
	const char *error;
	const char *hint;
	int code;
} bad_includes[] = {
	{ "include", "", "a.af", 1, 8, "the line is incomplete",
	  "as in `include common.af`", -EINVAL },
	{ "include b.af x", "", "a.af", 1, 14, "unexpected `x` after the file",
	  "", -EINVAL },
	{ "include c.af", "", "a.af", 1, 9, "/c.af: cannot read the policy: No",
	  "", -ENOENT },
	{ "\ninclude /", "", "a.af", 2, 9,
	  "/: the policy is not a regular file but a directory", "", -EINVAL },
	{ "include b.af", "\n\tcommom { }", "b.af", 2, 2, "unknown statement",
	  "did you mean `common`?", -EINVAL },
	{ "include b.af", "include b.af", "b.af", 1, 1,
	  "`include` in a file that is included", "", -EINVAL },
	{ "include b.af\n}", "common {", "b.af", 1, 1,
	  "the block that begins here has no end", "end it", -EINVAL },
	{ "include b.af\n}", "phase x {", "b.af", 1, 1,
	  "the phase that begins here has no end", "end it", -EINVAL },
	{ "include b.af\ncommon { }", "common { }", "a.af", 2, 1,
	  "this block repeats the one in line 1 of /tmp/", "", -EINVAL },
	{ "include b.af\ninclude b.af", "library x { }", "b.af", 1, 1,
	  "this block repeats the one in line 1", "", -EINVAL },
	{ "common {\ninclude b.af\n}", "", "a.af", 2, 1,
	  "`include` inside of a block", "line 1", -EINVAL },
	{ "phase x {\ninclude b.af\n}", "", "a.af", 2, 1,
	  "`include` inside of a phase", "line 1", -EINVAL },
	{ "include b.af", "# nothing", "a.af", 0, 0,
	  "the policy permits nothing", "add a block", -EINVAL },
};

START_TEST(test_bad_include) {
	struct libaf_policy *policy;
	struct libaf_error err;

	write_file(bad_includes[_i].text, strlen(bad_includes[_i].text));
	write_other("b.af", bad_includes[_i].other);
	ck_assert_int_eq(libaf_policy_read(file, &policy, &err),
			 bad_includes[_i].code);
	ck_assert_ptr_null(policy);
	ck_assert_msg(strstr(err.text, bad_includes[_i].error), "%s", err.text);
	ck_assert_msg(strstr(err.hint, bad_includes[_i].hint), "%s", err.hint);
	ck_assert_msg(strstr(err.file, bad_includes[_i].file), "%s", err.file);
	ck_assert_uint_eq(err.line, bad_includes[_i].line);
	ck_assert_uint_eq(err.column, bad_includes[_i].column);
	remove_other("b.af");
}
END_TEST

START_TEST(test_include_too_often) {
	struct buffer buffer = { 0 };
	struct libaf_policy *policy;
	struct libaf_error err;

	write_other("b.af", "# nothing");
	append(&buffer, "common { }\n");
	for (int i = 0; i < 64; i++)
		append(&buffer, "include b.af\n");
	write_file(buffer.text, buffer.len);
	ck_assert_int_eq(libaf_policy_read(file, &policy, &err), 0);
	libaf_policy_free(policy);
	append(&buffer, "include b.af\n");
	write_file(buffer.text, buffer.len);
	ck_assert_int_eq(libaf_policy_read(file, &policy, &err), -E2BIG);
	ck_assert_str_eq(err.text, "the policy includes more than 64 files");
	free(buffer.text);
	remove_other("b.af");
}
END_TEST

/* A path, or one of its names, that is longer than any can be. */
START_TEST(test_include_too_long) {
	struct buffer buffer = { 0 };
	struct libaf_policy *policy;
	struct libaf_error err;

	append(&buffer, "include %0*u\n", 4095 - (int)strlen(dir), 0);
	write_file(buffer.text, buffer.len);
	ck_assert_int_eq(libaf_policy_read(file, &policy, &err), -E2BIG);
	ck_assert_str_eq(err.text, "a path has at most 4095 bytes");
	ck_assert_uint_eq(err.column, 9);

	buffer.len = 0;
	append(&buffer, "include %0300u\n", 123);
	write_file(buffer.text, buffer.len);
	ck_assert_int_eq(libaf_policy_read(file, &policy, &err), -ENOENT);
	ck_assert_ptr_null(policy);
	/* The end of it is what is said. */
	ck_assert_ptr_eq(strstr(err.text, "00000"), err.text);
	ck_assert_uint_eq(strcspn(err.text, ":"), 128);
	ck_assert_ptr_nonnull(
		strstr(err.text, "0123: cannot read the policy: File name"));
	ck_assert_str_eq(err.file, file);
	ck_assert_uint_eq(err.line, 1);
	free(buffer.text);
}
END_TEST

START_TEST(test_read_large) {
	size_t size = (1 << 20) + 1;
	char *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', size);
	write_file(text, size);
	check_read(file, -E2BIG, "the policy is larger than 1024 KiB");
	/* Seen before all of it is read: the size of this one does not matter. */
	ck_assert_int_eq(truncate(file, (off_t)1 << 40), 0);
	check_read(file, -E2BIG, "the policy is larger than 1024 KiB");
	write_file(text, size - 1);
	check_read(file, -EINVAL, "the policy permits nothing");
	free(text);
}
END_TEST

/* What is read piece by piece is put together, whatever its size. */
START_TEST(test_read_pieces) {
	static const size_t sizes[] = { 16383, 16384, 16385, 100000, 1 << 20 };
	static const char rules[] = "common { read }";
	char *text = malloc(1 << 20);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct libaf_policy *policy;
		struct libaf_error err;
		unsigned int n;

		memset(text, '\n', sizes[i]);
		memcpy(text + sizes[i] - strlen(rules), rules, strlen(rules));
		write_file(text, sizes[i]);
		for (n = 1;; n++) {
			fail_in = n;
			if (!libaf_policy_read(file, &policy, &err))
				break;
			ck_assert_str_eq(err.text, "out of memory");
		}
		fail_in = 0;
		ck_assert_uint_gt(n, 1);
		ck_assert_str_eq(describe(policy), "80000000; 0;;;");
		libaf_policy_free(policy);
	}
	free(text);
}
END_TEST

START_TEST(test_read_missing) {
	char path[sizeof(file) + 8], long_path[5000];

	check_read(file, -ENOENT,
		   "cannot read the policy: No such file or directory");
	check_read("", -ENOENT,
		   "cannot read the policy: No such file or directory");
	write_file("", 0);
	snprintf(path, sizeof(path), "%s/x", file);
	check_read(path, -ENOENT, "cannot read the policy: Not a directory");
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	ck_assert_int_eq(libaf_policy_read(long_path,
					   &(struct libaf_policy *){ NULL },
					   NULL),
			 -ENOENT);
}
END_TEST

START_TEST(test_read_loop) {
	ck_assert_int_eq(symlink("a.af", file), 0);
	check_read(file, -EIO,
		   "cannot read the policy: Too many levels of symbolic links");
}
END_TEST

START_TEST(test_read_directory) {
	check_read(dir, -EINVAL,
		   "the policy is not a regular file but a directory");
}
END_TEST

/* Without waiting for somebody to write to it. */
START_TEST(test_read_fifo) {
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	check_read(file, -EINVAL,
		   "the policy is not a regular file but a FIFO");
}
END_TEST

START_TEST(test_read_device) {
	check_read("/dev/zero", -EINVAL,
		   "the policy is not a regular file but a device or socket");
}
END_TEST

START_TEST(test_read_socket) {
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", file);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	check_read(file, -EINVAL,
		   "the policy is not a regular file but a device or socket");
	close(fd);
}
END_TEST

/* Root may read everything: let a child be nobody. */
START_TEST(test_read_forbidden) {
	struct libaf_error err;
	struct libaf_policy *policy;
	int status;
	pid_t pid;

	write_file("default log", 11);
	ck_assert_int_eq(chmod(file, 0), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (!getuid() && setuid(65534))
			_exit(100);
		_exit(-libaf_policy_read(file, &policy, &err));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), EACCES);
}
END_TEST

/* Reading this one fails after it was opened. */
START_TEST(test_read_fails) {
	check_read("/proc/self/mem", -EIO,
		   "cannot read the policy: Input/output error");
}
END_TEST

/* Everything that the language has. */
static const char whole[] =
	"# a policy\n"
	"default errno EACCES # quietly\n"
	"transparent libc.so.6 /lib64/ld-linux-x86-64.so.2\n"
	"common {\n"
	"\tfutex clock_gettime exit_group\n"
	"}\n"
	"newer errno ENOSYS\n"
	"phase serve {\n"
	"\tcommon { read }\n"
	"\tlibrary x { write }\n"
	"}\n"
	"optional library libssl.so.3 { read write }\n"
	"program { @io then log }\n"
	"program /usr/bin/server {\n"
	"\tepoll_wait after start signal exec @open\n"
	"\tsocket if arg0 == AF_UNIX|0 and arg1 & 0xf != SOCK_RAW\n"
	"\tsocket then errno EACCES\n"
	"\tmsgrcv after prctl msgsnd clone\n"
	"\tmprotect after mmap }\n"
	"optional part a of library libssl.so.3 section s range 0x1-0x2\n"
	"part b of program symbol f g { @io }\n"
	"phase p { \n"
	"part a { read }\n"
	"}\n"
	"unknown { }\n";

static int parse_whole(const char *text, size_t len)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	int ret = parse(text, len, &policy, &err);

	if (ret == -EINVAL || ret == -E2BIG) {
		ck_assert_ptr_null(policy);
		ck_assert_str_ne(err.text, "");
		return ret;
	}
	ck_assert_int_eq(ret, 0);
	ck_assert_ptr_nonnull(policy);
	libaf_policy_free(policy);
	return 0;
}

START_TEST(test_truncated) {
	size_t len = strlen(whole);

	for (size_t i = 0; i < len; i++) {
		bool block_open = strrchr(whole, '}') >= whole + i;
		int ret = parse_whole(whole, i);

		/* What ends within the last block or before has to fail. */
		if (i > (size_t)(strstr(whole, "unknown") - whole) &&
		    block_open)
			ck_assert_int_eq(ret, -EINVAL);
	}
	ck_assert_int_eq(parse_whole(whole, len), 0);
}
END_TEST

START_TEST(test_mutated) {
	static const unsigned char bytes[] = {
		0,   '\t', '\n', '\r', 0x1b, ' ',  '#',  '/',  '0',
		'@', 'a',  '_',  '{',  '}',  0x7f, 0x80, 0xff,
	};
	char text[sizeof(whole) + 1];
	size_t len = strlen(whole), failed = 0;

	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < sizeof(bytes); j++) {
			/* change a byte, insert one */
			memcpy(text, whole, len);
			text[i] = bytes[j];
			failed += !!parse_whole(text, len);
			memcpy(text + i + 1, whole + i, len - i);
			failed += !!parse_whole(text, len + 1);
		}
		/* remove one */
		memcpy(text, whole, i);
		memcpy(text + i, whole + i + 1, len - i - 1);
		failed += !!parse_whole(text, len - 1);
	}
	ck_assert_uint_gt(failed, len * sizeof(bytes));
}
END_TEST

START_TEST(test_no_memory) {
	struct libaf_policy *policy;
	struct libaf_error err;
	unsigned int n;
	int ret;

	write_file(whole, strlen(whole));
	for (n = 1;; n++) {
		fail_in = n;
		ret = libaf_policy_read(file, &policy, &err);
		if (!ret)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_ptr_null(policy);
		ck_assert_str_eq(err.text, "out of memory");
		ck_assert_str_eq(err.file, file);
	}
	fail_in = 0;
	/* The file, the policy with two parts, 4 names, rules of 3 blocks. */
	ck_assert_uint_gt(n, 11);
	libaf_policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parse");
	TCase *text = tcase_create("text");
	TCase *files = tcase_create("files");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(text, 120);
	tcase_add_loop_test(text, test_good, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(text, test_bad, 0, ARRAY_SIZE(bad));
	tcase_add_test(text, test_arguments);
	tcase_add_test(text, test_max_size);
	tcase_add_test(text, test_max_phases);
	tcase_add_test(text, test_max_libraries);
	tcase_add_test(text, test_max_names);
	tcase_add_test(text, test_max_name);
	tcase_add_test(text, test_max_pieces);
	tcase_add_test(text, test_max_rules);
	tcase_add_test(text, test_max_alternatives);
	tcase_add_test(text, test_max_tests);
	tcase_add_test(text, test_truncated);
	tcase_add_test(text, test_mutated);
	suite_add_tcase(suite, text);

	tcase_add_checked_fixture(files, make_dir, remove_dir);
	tcase_add_test(files, test_read);
	tcase_add_test(text, test_phases);
	tcase_add_test(text, test_parts_of_phases);
	tcase_add_test(files, test_include);
	tcase_add_loop_test(files, test_bad_include, 0,
			    ARRAY_SIZE(bad_includes));
	tcase_add_test(files, test_include_too_often);
	tcase_add_test(files, test_include_too_long);
	tcase_add_test(files, test_read_large);
	tcase_add_test(files, test_read_pieces);
	tcase_add_test(files, test_read_missing);
	tcase_add_test(files, test_read_loop);
	tcase_add_test(files, test_read_directory);
	tcase_add_test(files, test_read_fifo);
	tcase_add_test(files, test_read_device);
	tcase_add_test(files, test_read_socket);
	tcase_add_test(files, test_read_forbidden);
	tcase_add_test(files, test_read_fails);
	tcase_add_test(files, test_no_memory);
	suite_add_tcase(suite, files);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
