// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a policy's file to the kernel in one call. */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "internal.h"
#include "read.h"
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

static int read_policy(const char *path, const char *program,
		       unsigned int flags, struct libaf_filter **filter,
		       struct libaf_error *err)
{
	struct libaf_policy *policy;
	int ret = libaf_policy_read(path, &policy, err);

	if (ret)
		return ret;
	ret = libaf_filter_new(policy, program, flags, filter, err);
	libaf_policy_free(policy);
	return ret;
}

LIBAF_API int libaf_filter_read(const char *path, const char *program,
				unsigned int flags,
				struct libaf_filter **filter,
				struct libaf_error *err)
{
	int ret = af_filter_check_args(path, flags, filter, err);
	size_t size;
	char *data;

	if (!ret)
		ret = af_read_image(path, &data, &size, err);
	if (ret)
		return ret;
	if (!data)
		return read_policy(path, program, flags, filter, err);
	ret = read_image(data, size, path, program, flags, filter, err);
	free(data);
	return ret;
}

LIBAF_API int libaf_load_explain(const char *policy_path, unsigned int flags,
				 struct libaf_error *err)
{
	struct libaf_filter *filter;
	int ret = libaf_filter_read(policy_path, NULL, flags, &filter, err);

	if (ret)
		return ret;
	ret = libaf_filter_load(filter);
	/* Whatever may be done from here on, freeing might not be. */
	if (ret >= 0)
		return ret;
	libaf_filter_free(filter);
	return explain_load(err, ret);
}

LIBAF_API int libaf_load(const char *policy_path, unsigned int flags)
{
	return libaf_load_explain(policy_path, flags, NULL);
}
