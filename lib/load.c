// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a policy's file to the kernel in one call. */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "internal.h"
#include "read.h"
#include "report.h"
#include "restore.h"
#include "sys.h"

LIBAF_API int libaf_abi(void)
{
	unsigned int features = af_sys_features();

	if (!(features & LIBAF_SECCOMP_FEATURE_PREV_NR))
		return LIBAF_ABI_STOCK;
	if (!(features & LIBAF_SECCOMP_FEATURE_CALLER_ID))
		return LIBAF_ABI_PREV_NR;
	return LIBAF_ABI_CALLER_ID;
}

static int explain_load(struct libaf_error *err, int error)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{ -EBUSY, "another thread has a filter of its own" },
		{ -ENOMEM, "out of memory, or too many filters are installed" },
		{ -E2BIG, "the filter is too large for the kernel" },
		{ -EOPNOTSUPP, "the kernel does not support such a filter" },
		{ -EINVAL, "a policy with `notify` needs a supervisor" },
		{ -ECANCELED, "the kernel refused the filter" },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].error == error)
			return af_error(err, error, NULL, NULL, "%s",
					texts[i].text);
	}
	return error;
}

static int read_image(const char *data, size_t size, const char *path,
		      const char *program, unsigned int flags,
		      struct libaf_filter **filter, struct libaf_error *err)
{
	struct af_image image;
	int ret = af_image_decode(&image, data, size, path, err);

	if (ret)
		return ret;
	ret = af_restore(&image, program, flags, filter, err);
	af_image_release(&image);
	return ret;
}

/* *@policy is NULL if the file is a compiled one. */
static int read_any(const char *path, const char *program, unsigned int flags,
		    struct libaf_policy **policy, struct libaf_filter **filter,
		    struct libaf_error *err)
{
	size_t size;
	char *data;
	int ret = af_read_image(path, &data, &size, err);

	*policy = NULL;
	if (ret)
		return ret;
	if (data) {
		ret = read_image(data, size, path, program, flags, filter, err);
		free(data);
		return ret;
	}
	ret = libaf_policy_read(path, policy, err);
	if (ret)
		return ret;
	ret = libaf_filter_new(*policy, program, flags, filter, err);
	if (ret) {
		libaf_policy_free(*policy);
		*policy = NULL;
	}
	return ret;
}

LIBAF_API int libaf_filter_read(const char *path, const char *program,
				unsigned int flags,
				struct libaf_filter **filter,
				struct libaf_error *err)
{
	struct libaf_policy *policy;
	int ret = af_filter_check_args(path, flags, filter, err);

	/* Who reports needs the policy, too. */
	if (!ret && flags & LIBAF_REPORT)
		ret = af_error(
			err, -EINVAL, NULL, NULL,
			"only libaf_filter_new() makes a filter that reports");
	if (!ret)
		ret = read_any(path, program, flags, &policy, filter, err);
	if (!ret)
		libaf_policy_free(policy);
	return ret;
}

/* With a @policy, denials are reported. */
static int load(const struct libaf_filter *filter,
		const struct libaf_policy *policy)
{
	int ret = policy ? libaf_report(filter, policy, NULL, NULL) : 0;

	if (ret)
		return ret;
	ret = libaf_filter_load(filter);
	if (ret < 0 && policy)
		af_report_undo(filter);
	return ret;
}

LIBAF_API int libaf_load_explain(const char *policy_path, unsigned int flags,
				 struct libaf_error *err)
{
	struct libaf_policy *policy;
	struct libaf_filter *filter;
	int ret = af_filter_check_args(policy_path, flags, &filter, err);

	if (!ret)
		ret = read_any(policy_path, NULL, flags, &policy, &filter, err);
	if (ret)
		return ret;
	if (!(flags & LIBAF_REPORT)) {
		libaf_policy_free(policy);
		policy = NULL;
	}
	ret = load(filter, policy);
	/* Whatever may be done from here on, freeing might not be. */
	if (ret >= 0)
		return ret;
	libaf_policy_free(policy);
	libaf_filter_free(filter);
	return explain_load(err, ret);
}

LIBAF_API int libaf_load(const char *policy_path, unsigned int flags)
{
	return libaf_load_explain(policy_path, flags, NULL);
}
