// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * af export: a profile permits at least what the policy permits to anybody, and
 * no more where nothing is said to be lost.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "oci.h"
#include "verb.h"

#include "../../tools/calls.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Of the program, for `fcntl`; of a library, too. */
static const struct {
	const char *program;
	const char *library;
	bool exact;
} rules[] = {
	{ "fcntl", "", true },
	{ "", "fcntl if arg1 == 2", true },
	{ "fcntl if arg1 == 2", "fcntl if arg1 == 4", true },
	{ "fcntl if arg1 == 2", "fcntl", true },
	{ "fcntl if arg1 & 6 == 2", "", true },
	{ "fcntl if arg1 & 6 != 6", "", true },
	{ "fcntl if arg1 & 6 != 2", "", true },
	{ "fcntl if arg1 & 7 != 6 and arg2 & 3 != 3", "", true },
	{ "fcntl if arg1 & 4 == 4 and arg1 & 3 == 1", "", true },
	{ "fcntl if arg1 & 4 == 4 and arg1 & 6 == 2", "", true },
	{ "fcntl if arg2 == 2 and arg1 == 2", "", true },
	{ "fcntl if arg2 != 2", "", true },
	{ "fcntl if arg2 < 6", "", true },
	{ "fcntl if arg2 <= 6", "", true },
	{ "fcntl if arg2 > 6", "", true },
	{ "fcntl if arg2 >= 6 and arg1 == 1", "", true },
	{ "fcntl if arg1 == 2 then errno EPERM\nfcntl if arg2 == 4", "",
	  false },
	{ "fcntl if arg2 == 2 then errno EPERM\nfcntl", "", true },
	{ "fcntl if arg1 & 2 != 0 then kill\nfcntl", "", true },
	{ "fcntl if arg2 == 2 and arg3 > 4 then kill\nfcntl", "", true },
	{ "fcntl if arg2 == 2 then kill\nfcntl if arg2 == 4 then kill\nfcntl",
	  "", false },
	{ "fcntl if arg2 < 2 then kill\nfcntl if arg2 == 4\nfcntl if arg1 == 1",
	  "", false },
	{ "fcntl if arg2 > 2 and arg2 < 7", "", false },
	{ "fcntl if arg1 != 2", "", false },
	{ "fcntl if arg1 < 2", "", false },
	{ "fcntl if arg1 <= 2", "", false },
	{ "fcntl if arg1 >= 2", "", false },
	{ "fcntl if arg1 > 2", "", false },
	{ "fcntl if arg1 & 6 < 4", "", false },
	{ "fcntl if arg2 == -1", "", false },
	{ "fcntl if arg2 & -2 == 4", "", false },
	{ "fcntl if arg2 & 0xfffff != 4", "", false },
	{ "fcntl after read", "", false },
	{ "fcntl after read if arg1 == 2", "", false },
	{ "fcntl after read then kill\nfcntl", "", true },
	{ "fcntl then errno EPERM", "fcntl if arg2 == 1", true },
	{ "fcntl then kill", "", true },
	{ "fcntl if arg1 == 1 then log\nfcntl", "", true },
	{ "fcntl then log", "", true },
};

static const uint64_t values[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, UINT32_MAX, 1ULL << 32 | 2, UINT64_MAX,
};

static bool lets_run(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* May anybody make the call with these arguments, after whatever? */
static bool policy_permits(const struct libaf_policy *policy, const char *call,
			   const uint64_t args[6])
{
	struct libaf_seccomp_data data = {
		.nr = af_call_number(call),
		.arch = AUDIT_ARCH_X86_64,
	};

	memcpy(data.args, args, sizeof(data.args));
	for (size_t id = 0; id < policy->nr_callers; id++) {
		data.caller_id = id;
		data.prev_nr = af_call_number("read");
		if (lets_run(af_policy_eval(policy, NULL, &data)))
			return true;
		data.prev_nr = LIBAF_SECCOMP_PREV_NONE;
		if (lets_run(af_policy_eval(policy, NULL, &data)))
			return true;
	}
	return false;
}

static bool profile_permits(json_t *profile, const char *call,
			    const uint64_t args[6])
{
	const char *action = oci_action(profile, call, args);

	return !strcmp(action, "SCMP_ACT_ALLOW") ||
	       !strcmp(action, "SCMP_ACT_LOG");
}

static json_t *export_policy(const char *text)
{
	json_error_t error;
	json_t *profile;

	write_text("p.af", text);
	ck_assert_int_eq(verb(af_export, "export", "--oci", "p.af", NULL),
			 AF_OK);
	profile = json_loads(verb_out, 0, &error);
	ck_assert_msg(profile, "%s: %s", error.text, verb_out);
	return profile;
}

static void compare(const struct libaf_policy *policy, json_t *profile,
		    bool exact)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
			uint64_t args[6] = { 0, values[i], values[j],
					     values[(i + j) % 12] };
			bool may = policy_permits(policy, "fcntl", args);
			bool might = profile_permits(profile, "fcntl", args);

			if (may > might || (exact && may != might))
				ck_abort_msg("%llx %llx: %d became %d",
					     (long long)args[1],
					     (long long)args[2], may, might);
		}
	}
}

START_TEST(a_profile_permits_what_the_policy_permits) {
	struct libaf_policy *policy;
	char text[512], *lost;
	json_t *profile;

	snprintf(text, sizeof(text),
		 "default errno EPERM\nunknown { read }\nprogram {\n%s\n}\n"
		 "library a.so {\n%s\n}\n",
		 rules[_i].program, rules[_i].library);
	ck_assert_int_eq(
		libaf_policy_parse(text, strlen(text), "t", &policy, NULL), 0);
	profile = export_policy(text);
	compare(policy, profile, rules[_i].exact);
	/* What is lost is said, and nothing else. */
	lost = strstr(verb_err, "af: note: p.af:");
	if (!rules[_i].exact)
		ck_assert_ptr_nonnull(lost);
	else if (lost)
		ck_assert_ptr_nonnull(strstr(lost, "before is lost"));
	json_decref(profile);
	libaf_policy_free(policy);
}
END_TEST

/* Every call, of policies as they are written. */
static const char *const policies[] = {
	"samples/policies/curl.af",
	"samples/two-libraries/two-libraries.af",
	"selftests/bench/startup.af",
};

START_TEST(a_profile_is_the_union_of_the_callers_calls) {
	const uint64_t args[6] = { 0 };
	struct libaf_policy *policy;
	struct af_nrset all;
	json_t *profile;
	char path[64];

	ck_assert_int_eq(fchdir(verb_top), 0);
	snprintf(path, sizeof(path), "%s", policies[_i]);
	ck_assert_int_eq(libaf_policy_read(path, &policy, NULL), 0);
	af_policy_union(policy, &all);
	ck_assert_int_eq(verb(af_export, "export", "--oci", path, NULL), AF_OK);
	profile = json_loads(verb_out, 0, NULL);
	ck_assert_ptr_nonnull(profile);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		const char *name = af_call_name(nr);

		if (name && profile_permits(profile, name, args) !=
				    af_nrset_has(&all, nr))
			ck_abort_msg("%s", name);
	}
	json_decref(profile);
	libaf_policy_free(policy);
}
END_TEST

static const char expected[] = "{\n"
			       "  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n"
			       "  \"defaultErrnoRet\": 38,\n"
			       "  \"architectures\": [\n"
			       "    \"SCMP_ARCH_X86_64\"\n"
			       "  ],\n"
			       "  \"syscalls\": [\n"
			       "    {\n"
			       "      \"names\": [\n"
			       "        \"read\",\n"
			       "        \"futex\"\n"
			       "      ],\n"
			       "      \"action\": \"SCMP_ACT_ALLOW\"\n"
			       "    },\n"
			       "    {\n"
			       "      \"names\": [\n"
			       "        \"write\"\n"
			       "      ],\n"
			       "      \"action\": \"SCMP_ACT_LOG\"\n"
			       "    },\n"
			       "    {\n"
			       "      \"names\": [\n"
			       "        \"socket\"\n"
			       "      ],\n"
			       "      \"action\": \"SCMP_ACT_ALLOW\",\n"
			       "      \"args\": [\n"
			       "        {\n"
			       "          \"index\": 0,\n"
			       "          \"value\": 4294967295,\n"
			       "          \"valueTwo\": 1,\n"
			       "          \"op\": \"SCMP_CMP_MASKED_EQ\"\n"
			       "        }\n"
			       "      ]\n"
			       "    },\n"
			       "    {\n"
			       "      \"names\": [\n"
			       "        \"ptrace\"\n"
			       "      ],\n"
			       "      \"action\": \"SCMP_ACT_ERRNO\",\n"
			       "      \"errnoRet\": 13\n"
			       "    }\n"
			       "  ]\n"
			       "}\n";

START_TEST(it_is_written_as_docker_reads_it) {
	write_text("p.af", "default errno ENOSYS\n"
			   "newer errno ENOSYS\n"
			   "common { futex }\n"
			   "program {\n"
			   "	read after start\n"
			   "	write then log\n"
			   "	ptrace then errno EACCES\n"
			   "}\n"
			   "library a.so { read }\n"
			   "library b.so {\n"
			   "	socket if arg0 == AF_UNIX\n"
			   "	kill then trap\n"
			   "}\n"
			   "unknown {\n"
			   "	kill then errno EPERM\n"
			   "}\n");
	ck_assert_int_eq(verb(af_export, "export", "--oci", "p.af", NULL),
			 AF_OK);
	ck_assert_msg(!strcmp(verb_out, expected), "%s", verb_out);
	ck_assert_str_eq(
		verb_err,
		"af: note: a profile does not tell callers apart: what one of "
		"4 may do, all may\n"
		"af: note: what happens to newer calls is up to the container "
		"runtime\n"
		"af: note: p.af:5: what has to come before is lost\n"
		"af: note: `kill` is denied in several ways; the profile has "
		"the default\n");
}
END_TEST

START_TEST(a_policy_that_only_logs_is_a_profile_that_only_logs) {
	json_t *profile = export_policy("default log\nprogram {\nread\n"
					"write then kill\n}\n"
					"unknown {\nwrite then kill\n}\n");
	const uint64_t args[6] = { 0 };

	ck_assert_str_eq(oci_action(profile, "getpid", args), "SCMP_ACT_LOG");
	ck_assert_str_eq(oci_action(profile, "read", args), "SCMP_ACT_ALLOW");
	ck_assert_str_eq(oci_action(profile, "write", args),
			 "SCMP_ACT_KILL_PROCESS");
	json_decref(profile);
}
END_TEST

START_TEST(what_a_supervisor_decides_is_still_its) {
	json_t *profile = export_policy("program {\nread\n"
					"mkdir then notify\n}\n");
	const uint64_t args[6] = { 0 };

	ck_assert_str_eq(oci_action(profile, "read", args), "SCMP_ACT_ALLOW");
	ck_assert_str_eq(oci_action(profile, "mkdir", args), "SCMP_ACT_NOTIFY");
	json_decref(profile);
}
END_TEST

START_TEST(mistakes_have_status_2) {
	write_text("p.af", "program { read }\n");
	ck_assert_int_eq(verb(af_export, "export", "p.af", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_export, "export", "--oci", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_export, "export", "--oci", "none", NULL),
			 AF_USAGE);
	ck_assert_str_eq(verb_out, "");
	ck_assert_int_eq(verb(af_export, "export", "--oci", "-o", "/dev/full",
			      "p.af", NULL),
			 AF_FAILED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("export");
	TCase *oci = tcase_create("oci");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(oci, verb_setup, verb_teardown);
	tcase_add_loop_test(oci, a_profile_permits_what_the_policy_permits, 0,
			    ARRAY_SIZE(rules));
	tcase_add_loop_test(oci, a_profile_is_the_union_of_the_callers_calls, 0,
			    ARRAY_SIZE(policies));
	tcase_add_test(oci, it_is_written_as_docker_reads_it);
	tcase_add_test(oci, what_a_supervisor_decides_is_still_its);
	tcase_add_test(oci,
		       a_policy_that_only_logs_is_a_profile_that_only_logs);
	tcase_add_test(oci, mistakes_have_status_2);
	suite_add_tcase(suite, oci);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
