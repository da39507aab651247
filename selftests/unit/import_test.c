// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * af import: what it makes of profiles and whitelists is a policy that permits
 * the same; and what is wrong with others is said.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "oci.h"
#include "verb.h"

#include "../../tools/calls.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

static int import(const char *text)
{
	write_text("in", text);
	return verb(af_import, "import", "in", NULL);
}

static void check_import(const char *policy, const char *notes)
{
	ck_assert_msg(!strcmp(verb_out, policy), "%s", verb_out);
	ck_assert_msg(!strcmp(verb_err, notes), "%s", verb_err);
}

/*
 * Profiles
 */
static const char profile[] =
	"{\n"
	"  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n"
	"  \"defaultErrnoRet\": 38,\n"
	"  \"archMap\": [{\"architecture\": \"SCMP_ARCH_X86_64\",\n"
	"    \"subArchitectures\": [\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"]}],\n"
	"  \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"],\n"
	"  \"syscalls\": [\n"
	"    {\"names\": [\"write\", \"read\", \"socketcall\", \"chown32\"],\n"
	"     \"action\": \"SCMP_ACT_ALLOW\", \"comment\": \"x\", \"args\": null},\n"
	"    {\"name\": \"personality\", \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"args\": [{\"index\": 0, \"value\": 8, \"op\": \"SCMP_CMP_EQ\"}]},\n"
	"    {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"args\": [{\"index\": 0, \"value\": 4294967295,\n"
	"               \"op\": \"SCMP_CMP_EQ\"}]},\n"
	"    {\"names\": [\"chroot\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"includes\": {\"caps\": [\"CAP_SYS_CHROOT\"]}},\n"
	"    {\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"args\": [{\"index\": 0, \"value\": 2114060288, \"valueTwo\": 0,\n"
	"               \"op\": \"SCMP_CMP_MASKED_EQ\"}],\n"
	"     \"excludes\": {\"caps\": [\"CAP_SYS_ADMIN\"],\n"
	"                  \"arches\": [\"s390\"]}},\n"
	"    {\"names\": [\"clone3\"], \"action\": \"SCMP_ACT_ERRNO\",\n"
	"     \"errnoRet\": 1, \"excludes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}},\n"
	"    {\"names\": [\"clone\", \"clone3\", \"mount\"],\n"
	"     \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}},\n"
	"    {\"names\": [\"arch_prctl\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"includes\": {\"arches\": [\"amd64\", \"x32\"]}},\n"
	"    {\"names\": [\"modify_ldt\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"includes\": {\"arches\": [\"x86\"]}},\n"
	"    {\"names\": [\"sync_file_range2\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"includes\": {\"arches\": [\"ppc64le\"]}},\n"
	"    {\"names\": [\"ptrace\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"includes\": {\"minKernel\": \"4.8\"}},\n"
	"    {\"names\": [\"kcmp\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"includes\": {\"minKernel\": \"6.13\"}},\n"
	"    {\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_NOTIFY\"},\n"
	"    {\"names\": [\"getpid\"], \"action\": \"SCMP_ACT_ERRNO\",\n"
	"     \"errnoRet\": 38},\n"
	"    {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\",\n"
	"     \"args\": [{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"},\n"
	"              {\"index\": 0, \"value\": 2, \"op\": \"SCMP_CMP_EQ\"}]},\n"
	"    {\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ALLOW\"},\n"
	"    {\"names\": [\"kill\"], \"action\": \"SCMP_ACT_LOG\",\n"
	"     \"args\": [{\"index\": 1, \"value\": 9, \"op\": \"SCMP_CMP_GE\"},\n"
	"              {\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_LE\"}]}\n"
	"  ]\n"
	"}\n";

#define BLOCK(kind, first)                                \
	"\n" kind " {\n"                                  \
	"	" first "\n"                              \
	"	socket if arg0 == 0x1\n"                        \
	"	socket if arg0 == 0x2\n"                        \
	"	clone if arg0 & 0x7e020000 == 0\n"              \
	"	kill if arg1 >= 0x9 and arg0 <= 0x1 then log\n" \
	"	kill\n"                                         \
	"	personality if arg0 == 0x8\n"                   \
	"	personality if arg0 == 0xffffffff\n"            \
	"	clone3 then errno EPERM\n"                      \
	"}\n"

#define NOTES                                                                   \
	"af: note: in: `flags` is ignored\n"                                    \
	"af: note: in: calls of other architectures are denied\n"               \
	"af: note: in: syscalls[11]: this needs a newer kernel, and is left "   \
	"out\n"                                                                 \
	"af: note: in: syscalls[12]: another process would decide this; it is " \
	"left out\n"                                                            \
	"af: note: in: x86-64 does not have, and left out are: socketcall "     \
	"chown32\n"

START_TEST(a_profile_becomes_a_policy) {
	ck_assert_int_eq(import(profile), AF_OK);
	check_import("# Imported from in,\n"
		     "# a seccomp profile: one list for all code.\n"
		     "\n"
		     "default errno ENOSYS\n" BLOCK(
			     "common", "read write ptrace arch_prctl")
			     BLOCK("unknown", "read write ptrace arch_prctl"),
		     NOTES);
}
END_TEST

START_TEST(capabilities_change_what_is_permitted) {
	write_text("in", profile);
	ck_assert_int_eq(verb(af_import, "import", "--cap", "CAP_SYS_ADMIN",
			      "--cap", "CAP_SYS_CHROOT", "in", NULL),
			 AF_OK);
	ck_assert_ptr_nonnull(strstr(verb_out, "\n\tread write clone ptrace "
					       "arch_prctl chroot mount "
					       "clone3\n"));
	ck_assert_ptr_null(strstr(verb_out, "clone if"));
	ck_assert_int_eq(verb(af_import, "import", "--cap", "sys_admin", "in",
			      NULL),
			 AF_USAGE);
	ck_assert_str_eq(verb_err, "af: `sys_admin` is not a capability, as "
				   "CAP_CHOWN\n");
}
END_TEST

START_TEST(the_profile_of_a_container_is_found) {
	ck_assert_int_eq(
		import("{\"ociVersion\": \"1.0\", \"linux\": {\"seccomp\": "
		       "{\"defaultAction\": \"SCMP_ACT_KILL\", \"syscalls\": "
		       "[{\"names\": [\"read\"], \"action\": "
		       "\"SCMP_ACT_ALLOW\"}]}}}"),
		AF_OK);
	ck_assert_ptr_nonnull(
		strstr(verb_out, "default kill\n\ncommon {\n\tread\n}\n"));
}
END_TEST

/* Of single entries of a profile, the rules, or the error. */
static const struct {
	const char *entry;
	const char *rules;
	const char *err;
} entries[] = {
	{ "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_TRAP\"}",
	  "\tlseek then trap\n", NULL },
	{ "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_KILL_PROCESS\"}",
	  "\tlseek then kill\n", NULL },
	{ "{\"names\": [\"lseek\", \"lseek\"], \"action\": "
	  "\"SCMP_ACT_ALLOW\"}",
	  "\tlseek\n", NULL },
	{ "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[{\"index\": 1, \"value\": 9223372036854775807, \"op\": "
	  "\"SCMP_CMP_LT\"}, {\"index\": 2, \"value\": 1, \"op\": "
	  "\"SCMP_CMP_GT\"}]}",
	  "\tlseek if arg1 < 0x7fffffffffffffff and arg2 > 0x1\n", NULL },
	{ "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ERRNO\"}",
	  "\tlseek then errno EPERM\n", NULL },
	{ "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ERRNO\", "
	  "\"errno\": \"EACCES\", \"errnoRet\": 1}",
	  "\tlseek then errno EACCES\n", NULL },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", "
	  "\"errno\": \"EFOO\"}",
	  NULL, "syscalls[0]: there is no error `EFOO`\n" },
	{ "{\"names\": [\"opneat\"], \"action\": \"SCMP_ACT_ALLOW\"}", NULL,
	  "syscalls[0].names[0]: unknown system call `opneat`\n"
	  "af: hint: did you mean `openat`?\n" },
	{ "{\"names\": [\"xyzzyxyzzy\"], \"action\": \"SCMP_ACT_ALLOW\"}", NULL,
	  "syscalls[0].names[0]: unknown system call `xyzzyxyzzy`\n"
	  "af: hint: --skip-unknown leaves it out\n" },
	{ "{\"names\": [\"read\", 3], \"action\": \"SCMP_ACT_ALLOW\"}", NULL,
	  "syscalls[0].names[1]: this is not a string\n" },
	{ "{\"names\": \"read\", \"action\": \"SCMP_ACT_ALLOW\"}", NULL,
	  "syscalls[0]: `names` is not a list\n" },
	{ "{\"action\": \"SCMP_ACT_ALLOW\"}", NULL,
	  "syscalls[0]: this has no `names`\n" },
	{ "{\"names\": [\"\\u001b[2J\\u00e9\"], \"action\": "
	  "\"SCMP_ACT_ALLOW\"}",
	  NULL,
	  "syscalls[0].names[0]: unknown system call `\\x1b[2J\xc3\xa9`\n"
	  "af: hint: --skip-unknown leaves it out\n" },
	{ "[]", NULL, "syscalls[0]: this is not an object\n" },
	{ "{\"names\": [\"read\"], \"action\": \"ALLOW\"}", NULL,
	  "syscalls[0]: unknown action `ALLOW`\n" },
	{ "{\"names\": [\"read\"]}", NULL,
	  "syscalls[0]: `action` is missing, or no string\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", "
	  "\"errnoRet\": 4000}",
	  NULL, "syscalls[0]: there is no error 4000\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", "
	  "\"errnoRet\": -1}",
	  NULL, "syscalls[0]: there is no error -1\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", "
	  "\"errnoRet\": \"EPERM\"}",
	  NULL, "syscalls[0]: the error is not a number\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[{\"index\": 6, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}",
	  NULL, "syscalls[0].names[0]: a call has 6 arguments\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[{\"index\": -1, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}",
	  NULL, "syscalls[0].names[0]: `index` is not a number from 0 on\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[{\"index\": 0, \"value\": 1.5, \"op\": \"SCMP_CMP_EQ\"}]}",
	  NULL, "syscalls[0].names[0]: `value` is not a number from 0 on\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[{\"index\": 0, \"value\": 4294967296, \"op\": \"SCMP_CMP_EQ\"}]}",
	  NULL,
	  "syscalls[0].names[0]: 0x100000000 does not fit into the "
	  "argument\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[{\"index\": 1, \"value\": 1, \"valueTwo\": 2, \"op\": "
	  "\"SCMP_CMP_MASKED_EQ\"}]}",
	  NULL, "syscalls[0].names[0]: this never holds\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[{\"index\": 1, \"value\": 0, \"op\": \"SCMP_CMP_LT\"}]}",
	  NULL, "syscalls[0].names[0]: this never holds\n" },
	{ "{\"names\": [\"write\", \"read\"], \"action\": "
	  "\"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 1, \"value\": 0, "
	  "\"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}]}",
	  NULL, "syscalls[0].names[0]: this always holds\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[{\"index\": 1, \"value\": 0, \"op\": \"==\"}]}",
	  NULL, "syscalls[0].names[0]: `op` is not a comparison\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
	  "[3]}",
	  NULL, "syscalls[0].names[0]: `index` is not a number from 0 on\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", "
	  "\"includes\": []}",
	  NULL, "syscalls[0]: `includes` is not an object\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", "
	  "\"includes\": {\"arches\": [1]}}",
	  NULL, "syscalls[0]: `arches` has what is no string\n" },
	{ "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", "
	  "\"includes\": {\"minKernel\": \"4\"}}",
	  NULL, "syscalls[0]: `minKernel` is not a version, as \"4.8\"\n" },
};

START_TEST(each_entry_is_taken_or_its_mistake_named) {
	char text[1024], want[512];

	snprintf(text, sizeof(text),
		 "{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": [%s]}",
		 entries[_i].entry);
	ck_assert_int_eq(import(text), entries[_i].rules ? AF_OK : AF_USAGE);
	if (entries[_i].rules) {
		snprintf(want, sizeof(want), "\ncommon {\n%s}\n",
			 entries[_i].rules);
		ck_assert_msg(strstr(verb_out, want), "%s", verb_out);
		return;
	}
	snprintf(want, sizeof(want), "af: in: %s", entries[_i].err);
	ck_assert_str_eq(verb_err, want);
	ck_assert_str_eq(verb_out, "");
}
END_TEST

/* Files that are no profiles, with what is said of them. */
static const struct {
	const char *text;
	const char *err;
} wrong[] = {
	{ "{", "af: in:1:1: string or '}' expected near end of file\n" },
	{ "{} x", "af: in:1:4: end of file expected near 'x'\n" },
	{ "{\n\"a\": 1,\n\"a\": 2}", "af: in:3:3: duplicate object key near" },
	{ "{\"a\": \"\xff\"}", "af: in:1:7: unable to decode byte 0xff" },
	{ "{\"a\": 123456789012345678901234567890}",
	  "af: in:1:36: too big integer" },
	{ "{\"a\": 1e999}", "af: in:1:11: real number overflow" },
	{ "{\"a\\u0000b\": 1}", "af: in:1:11: NUL byte in object key" },
	{ "{}", "af: in: `defaultAction` is missing, or no string\n" },
	{ "{\"linux\": {\"seccomp\": 3}}", "af: in: this is not an object\n" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}",
	  "af: in: `defaultAction` permits what has no name here\n"
	  "af: hint: a policy only permits what it names\n" },
	{ "{\"defaultAction\": \"SCMP_ACT_TRACE\"}",
	  "af: in: another process would decide what is not named here\n" },
	{ "{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": {}}",
	  "af: in: `syscalls` is not a list\n" },
	{ "{\"defaultAction\": \"SCMP_ACT_LOG\", \"architectures\": "
	  "[\"SCMP_ARCH_ARM\", 3]}",
	  "af: in: this is not for SCMP_ARCH_X86_64\n" },
	{ "{\"defaultAction\": \"SCMP_ACT_LOG\", \"archMap\": [3]}",
	  "af: in: this is not for SCMP_ARCH_X86_64\n" },
};

START_TEST(what_is_no_profile_is_refused) {
	ck_assert_int_eq(import(wrong[_i].text), AF_USAGE);
	ck_assert_msg(!strncmp(verb_err, wrong[_i].err, strlen(wrong[_i].err)),
		      "%s", verb_err);
	ck_assert_str_eq(verb_out, "");
}
END_TEST

START_TEST(json_that_is_too_deep_is_refused) {
	static char text[400000];
	size_t len = 200000 / 5;

	for (size_t i = 0; i < len; i++)
		memcpy(text + 5 * i, "{\"a\":", 6);
	ck_assert_int_eq(import(text), AF_USAGE);
	ck_assert_ptr_nonnull(strstr(verb_err, "maximum parsing depth"));
	memset(text, '[', 200000);
	memcpy(text, "{\"a\":", 5);
	ck_assert_int_eq(import(text), AF_USAGE);
	ck_assert_ptr_nonnull(strstr(verb_err, "maximum parsing depth"));
}
END_TEST

START_TEST(more_rules_than_a_policy_may_have_are_refused) {
	static char text[65536];
	size_t len = snprintf(text, sizeof(text),
			      "{\"defaultAction\": \"SCMP_ACT_LOG\", "
			      "\"syscalls\": [");

	for (int i = 0; i < 17; i++)
		len += snprintf(text + len, sizeof(text) - len,
				"%s{\"names\": [\"read\"], \"action\": "
				"\"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 1, "
				"\"value\": %d, \"op\": \"SCMP_CMP_EQ\"}]}",
				i ? "," : "", i);
	snprintf(text + len, sizeof(text) - len, "]}");
	ck_assert_int_eq(import(text), AF_USAGE);
	ck_assert_str_eq(verb_err, "af: in: syscalls[16].names[0]: more than "
				   "16 rules for `read`\n");
}
END_TEST

/* No part of a file may be taken for more than it is, or do harm. */
START_TEST(a_profile_that_is_cut_is_refused) {
	size_t len = strlen(profile) - 2;

	for (size_t i = 0; i < len; i += 1 + i / 64) {
		write_bytes("in", profile, i);
		ck_assert_int_eq(verb(af_import, "import", "in", NULL),
				 AF_USAGE);
		ck_assert_str_eq(verb_out, "");
	}
}
END_TEST

/* One byte after the other is another one. */
START_TEST(a_profile_that_is_damaged_does_no_harm) {
	static const char bytes[] = "\"{}[]:,0\\\xff";
	static char text[sizeof(profile)];

	for (size_t i = 0; i < strlen(profile); i += 7) {
		memcpy(text, profile, sizeof(text));
		text[i] = bytes[i % strlen(bytes)];
		write_bytes("in", text, strlen(profile));
		verb(af_import, "import", "in", NULL);
	}
}
END_TEST

START_TEST(unknown_calls_are_left_out_if_wanted) {
	write_text("in", "{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": "
			 "[{\"names\": [\"read\", \"frobnicate\"], \"action\": "
			 "\"SCMP_ACT_ALLOW\"}]}");
	ck_assert_int_eq(
		verb(af_import, "import", "--skip-unknown", "in", NULL), AF_OK);
	ck_assert_str_eq(verb_err, "af: note: in: syscalls[0].names[1]: "
				   "`frobnicate`, which nobody knows, is left "
				   "out\n");
	ck_assert_ptr_nonnull(strstr(verb_out, "common {\n\tread\n}\n"));
}
END_TEST

static const uint64_t values[] = { 0, 1, 2, 4, 6, 8, 9, 100, UINT32_MAX };

static uint32_t evaluate(const struct libaf_policy *policy, size_t id,
			 const char *call, const uint64_t args[6])
{
	struct libaf_seccomp_data data = {
		.nr = af_call_number(call),
		.arch = AUDIT_ARCH_X86_64,
		.caller_id = id,
		.prev_nr = LIBAF_SECCOMP_PREV_NONE,
	};

	memcpy(data.args, args, sizeof(data.args));
	return af_policy_eval(policy, NULL, &data);
}

/* For all callers, with arguments that the kernel takes as they are. */
static void compare_call(const struct libaf_policy *policy, json_t *root,
			 const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
			uint64_t args[6] = { values[i], values[j], values[i] };
			const char *action = oci_action(root, call, args);
			bool may = !strcmp(action, "SCMP_ACT_ALLOW");
			uint32_t of_program =
				evaluate(policy, AF_ID_PROGRAM, call, args);

			ck_assert_uint_eq(of_program,
					  evaluate(policy, AF_ID_UNKNOWN, call,
						   args));
			if (may != (of_program == SECCOMP_RET_ALLOW))
				ck_abort_msg("%s: %s became %#x", call, action,
					     of_program);
		}
	}
}

START_TEST(what_was_exported_is_imported_as_it_was) {
	static const char *const calls[] = { "read", "write",  "socket",
					     "kill", "fcntl",  "lseek",
					     "mmap", "ptrace", "getpid" };
	struct libaf_policy *policy;
	char *exported;
	json_t *root;

	write_text("p.af", "default errno EPERM\n"
			   "program {\n"
			   "	read\n"
			   "	socket if arg0 == AF_UNIX\n"
			   "	socket if arg0 == AF_INET and arg1 == 1\n"
			   "	kill if arg1 & 6 != 6\n"
			   "	lseek if arg1 >= 4\n"
			   "	ptrace then errno EACCES\n"
			   "}\n"
			   "library a.so {\n"
			   "	fcntl if arg2 > 8 then kill\n"
			   "	fcntl\n"
			   "	write\n"
			   "}\n");
	ck_assert_int_eq(verb(af_export, "export", "--oci", "-o", "x.json",
			      "p.af", NULL),
			 AF_OK);
	exported = read_text("x.json");
	root = json_loads(exported, 0, NULL);
	ck_assert_ptr_nonnull(root);
	ck_assert_int_eq(
		verb(af_import, "import", "-o", "y.af", "x.json", NULL), AF_OK);
	ck_assert_str_eq(verb_err, "");
	ck_assert_int_eq(libaf_policy_read("y.af", &policy, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		compare_call(policy, root, calls[i]);
	/* Nobody is told apart: a kernel without patches can do this. */
	ck_assert_int_eq(verb(af_dump, "dump", "y.af", NULL), AF_OK);
	ck_assert_ptr_null(strstr(verb_out, "caller_id"));
	libaf_policy_free(policy);
	json_decref(root);
	free(exported);
}
END_TEST

/*
 * Whitelists
 */
static const char whitelist[] =
	"# by afgen\n"
	"[files]\n"
	"  \"libgetpid.so\" = [39]\n"
	"  \"/usr/lib/libprintf.so\" = [1, 5, 12, 318]\n"
	"  'libc.so.6' = [14, 273, 334] # threads\n"
	"  linked = [231]\n"
	"  \"[heap]\" = [1]\n"
	"  \"/dev/zero (deleted)\" = []\n"
	"  FAILED = [\n"
	"    9,\r\n"
	"    10, # x\n"
	"  ]\n";

START_TEST(a_whitelist_becomes_a_policy) {
	ck_assert_int_eq(import(whitelist), AF_OK);
	check_import(
		"# Imported from in,\n"
		"# a whitelist of addrfilter.\n"
		"\n"
		"default kill\n"
		"transparent libc.so.6\n"
		"\n"
		"program {\n"
		"	exit_group\n"
		"}\n"
		"\n"
		"library libgetpid.so {\n"
		"	getpid\n"
		"}\n"
		"\n"
		"library libprintf.so {\n"
		"	write fstat brk getrandom\n"
		"}\n"
		"\n"
		"library libc.so.6 {\n"
		"	rt_sigprocmask set_robust_list rseq\n"
		"}\n"
		"\n"
		"unknown {\n"
		"	mmap mprotect\n"
		"}\n",
		"af: note: in: `[heap]` is no library, and left out\n"
		"af: note: in: `zero (deleted)` is no library, and left out\n");
}
END_TEST

START_TEST(one_of_several_programs_is_chosen) {
	write_text("in", "[files]\nsudo = [1]\nserver = [0]\n");
	ck_assert_int_eq(verb(af_import, "import", "in", NULL), AF_USAGE);
	ck_assert_str_eq(verb_err,
			 "af: in: `sudo` or `server` may be the program\n"
			 "af: hint: --program NAME says which it is\n");
	ck_assert_int_eq(verb(af_import, "import", "--program", "server", "in",
			      NULL),
			 AF_OK);
	ck_assert_ptr_nonnull(strstr(verb_out, "program {\n\tread\n}\n"));
	ck_assert_str_eq(verb_err, "af: note: in: `sudo` is no library, and "
				   "left out\n");
	ck_assert_int_eq(verb(af_import, "import", "--program", "x", "in",
			      NULL),
			 AF_USAGE);
	ck_assert_str_eq(verb_err, "af: in: `x` has no list\n");
}
END_TEST

#define NEITHER                                                         \
	"af: hint: a seccomp profile begins with `{`, and a whitelist " \
	"with `[files]`"

static const struct {
	const char *text;
	const char *err;
} wrong_lists[] = {
	{ "", "1:1: this has no table `[files]`\n" NEITHER },
	{ "a = [1]\n", "1:1: `[files]` comes first\n" NEITHER },
	{ "[file]\n", "1:1: whitelists have one table, `[files]`" },
	{ "[files]\n[files]\n", "2:1: `[files]` is there twice" },
	{ "[files] x\n", "1:9: the line should end here" },
	{ "[files]\na = 1\n", "2:5: here should be a list, as `[0, 1]`" },
	{ "[files]\na = [1 2]\n", "2:8: here should be `,` or `]`" },
	{ "[files]\na = [x]\n", "2:6: here should be the number of a call" },
	{ "[files]\na = [-1]\n", "2:6: here should be the number of a call" },
	{ "[files]\na = [1,,2]\n", "2:8: here should be the number of a call" },
	{ "[files]\na = [1,\n  999]\n",
	  "3:3: x86-64 has no system call of this number\n"
	  "af: hint: --skip-unknown leaves it out" },
	{ "[files]\na = [99999999999999999999999]\n",
	  "2:6: x86-64 has no system call of this number\n"
	  "af: hint: --skip-unknown leaves it out" },
	{ "[files]\na = [1\n", "3:1: here should be `,` or `]`" },
	{ "[files]\na = [1] b\n", "2:9: the line should end here" },
	{ "[files]\na [1]\n", "2:3: here should be `=`" },
	{ "[files]\na\n", "2:2: here should be `=`" },
	{ "[files]\na.so = [1]\n", "2:2: a name with dots stands in quotes" },
	{ "[files]\n= [1]\n", "2:1: here should be the name of a file" },
	{ "[files]\n\"\" = [1]\n", "2:3: the name of a file is empty" },
	{ "[files]\n\"a/\" = [1]\n", "2:5: the name of a file is empty" },
	{ "[files]\n\"a\n", "2:3: the name does not end" },
	{ "[files]\n\"a", "2:3: the name does not end" },
	{ "[files]\n\"a\\u0041\" = []\n", "2:4: unknown escape in a name" },
	{ "[files]\na = []\n\"x/a\" = []\n", "3:1: `a` has a list already" },
};

START_TEST(mistakes_in_whitelists_have_a_place) {
	char want[256];

	snprintf(want, sizeof(want), "af: in:%s\n", wrong_lists[_i].err);
	ck_assert_int_eq(import(wrong_lists[_i].text), AF_USAGE);
	ck_assert_str_eq(verb_err, want);
	ck_assert_str_eq(verb_out, "");
}
END_TEST

START_TEST(a_whitelist_that_is_cut_does_no_harm) {
	for (size_t i = 0; i < strlen(whitelist); i++) {
		write_bytes("in", whitelist, i);
		if (verb(af_import, "import", "in", NULL) == AF_USAGE)
			ck_assert_str_eq(verb_out, "");
	}
}
END_TEST

START_TEST(names_of_hostile_length_and_number_are_refused) {
	static char text[65536];
	size_t len;

	snprintf(text, sizeof(text), "[files]\n\"%0300d\" = []\n", 0);
	ck_assert_int_eq(import(text), AF_USAGE);
	ck_assert_str_eq(verb_err, "af: in:2:257: a name has at most 255 "
				   "bytes\n");
	snprintf(text, sizeof(text), "[files]\n%0300d = []\n", 0);
	ck_assert_int_eq(import(text), AF_USAGE);
	len = snprintf(text, sizeof(text), "[files]\n");
	for (int i = 0; i < 513; i++)
		len += snprintf(text + len, sizeof(text) - len,
				"\"lib%d.so\" = []\n", i);
	ck_assert_int_eq(import(text), AF_USAGE);
	ck_assert_str_eq(verb_err, "af: in:514:1: more than 512 files\n");
}
END_TEST

START_TEST(names_cannot_add_to_the_policy) {
	write_text("x\nunknown { execve }", "[files]\n\"a.so{\" = [1]\n"
					    "\"b.so } unknown {\" = [1]\n"
					    "\"#.so\" = [1]\n"
					    "\"\xc3\xa9.so\" = [1]\n");
	ck_assert_int_eq(verb(af_import, "import", "x\nunknown { execve }",
			      NULL),
			 AF_OK);
	ck_assert_str_eq(verb_out, "# Imported from x\\x0aunknown { execve },\n"
				   "# a whitelist of addrfilter.\n"
				   "\n"
				   "default kill\n"
				   "transparent libc.so.6\n"
				   "\n"
				   "program {\n"
				   "}\n");
}
END_TEST

START_TEST(what_is_no_text_is_refused) {
	write_bytes("in", "[files]\nx = [0]\n\0", 17);
	ck_assert_int_eq(verb(af_import, "import", "in", NULL), AF_USAGE);
	ck_assert_str_eq(verb_err,
			 "af: in: this is no text, but has a NUL\n" NEITHER
			 "\n");
	write_bytes("in", "[files]\nx = [0]\n", 16);
	ck_assert_int_eq(verb(af_import, "import", "in", NULL), AF_OK);
}
END_TEST

START_TEST(what_cannot_be_read_is_no_policy) {
	static char large[(1 << 20) + 1];

	ck_assert_int_eq(verb(af_import, "import", "none", NULL), AF_USAGE);
	ck_assert_str_eq(verb_err, "af: none: cannot read the file: No such "
				   "file or directory\n");
	ck_assert_int_eq(verb(af_import, "import", ".", NULL), AF_USAGE);
	ck_assert_str_eq(verb_err, "af: .: the file is not a regular file but "
				   "a directory\n");
	memset(large, '\n', sizeof(large));
	memcpy(large, "[files]", 7);
	write_bytes("in", large, sizeof(large));
	ck_assert_int_eq(verb(af_import, "import", "in", NULL), AF_USAGE);
	ck_assert_str_eq(verb_err,
			 "af: in: the file is larger than 1024 KiB\n");
	write_bytes("in", large, sizeof(large) - 1);
	ck_assert_int_eq(verb(af_import, "import", "in", NULL), AF_OK);
}
END_TEST

START_TEST(other_mistakes_have_status_2) {
	write_text("in", "[files]\n");
	ck_assert_int_eq(verb(af_import, "import", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_import, "import", "none", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_import, "import", "-o", "/dev/full", "in",
			      NULL),
			 AF_FAILED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("import");
	TCase *oci = tcase_create("oci");
	TCase *toml = tcase_create("toml");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(oci, verb_setup, verb_teardown);
	tcase_add_test(oci, a_profile_becomes_a_policy);
	tcase_add_test(oci, capabilities_change_what_is_permitted);
	tcase_add_test(oci, the_profile_of_a_container_is_found);
	tcase_add_loop_test(oci, each_entry_is_taken_or_its_mistake_named, 0,
			    ARRAY_SIZE(entries));
	tcase_add_loop_test(oci, what_is_no_profile_is_refused, 0,
			    ARRAY_SIZE(wrong));
	tcase_add_test(oci, json_that_is_too_deep_is_refused);
	tcase_add_test(oci, more_rules_than_a_policy_may_have_are_refused);
	tcase_add_test(oci, a_profile_that_is_cut_is_refused);
	tcase_add_test(oci, a_profile_that_is_damaged_does_no_harm);
	tcase_add_test(oci, unknown_calls_are_left_out_if_wanted);
	tcase_add_test(oci, what_was_exported_is_imported_as_it_was);
	suite_add_tcase(suite, oci);

	tcase_add_checked_fixture(toml, verb_setup, verb_teardown);
	tcase_add_test(toml, a_whitelist_becomes_a_policy);
	tcase_add_test(toml, one_of_several_programs_is_chosen);
	tcase_add_loop_test(toml, mistakes_in_whitelists_have_a_place, 0,
			    ARRAY_SIZE(wrong_lists));
	tcase_add_test(toml, a_whitelist_that_is_cut_does_no_harm);
	tcase_add_test(toml, names_of_hostile_length_and_number_are_refused);
	tcase_add_test(toml, names_cannot_add_to_the_policy);
	tcase_add_test(toml, what_is_no_text_is_refused);
	tcase_add_test(toml, what_cannot_be_read_is_no_policy);
	tcase_add_test(toml, other_mistakes_have_status_2);
	suite_add_tcase(suite, toml);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
