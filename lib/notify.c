// SPDX-License-Identifier: LGPL-2.1-or-later
/* Filters that leave calls to a supervisor, and what it is told. */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "filter.h"
#include "internal.h"
#include "policy.h"
#include "sys.h"

/* As a patched kernel has it. */
struct af_notification {
	__u64 id;
	__u32 pid;
	__u32 flags;
	struct libaf_seccomp_data data;
};

_Static_assert(sizeof(struct seccomp_notif) ==
		       offsetof(struct af_notification, data) +
			       LIBAF_SECCOMP_DATA_SIZE_VER0,
	       "struct seccomp_notif of a stock kernel");

#define AF_IOCTL_RECEIVE _IOWR(SECCOMP_IOC_MAGIC, 0, struct af_notification)

LIBAF_API int libaf_filter_load_notify(const struct libaf_filter *filter,
				       int *listener)
{
	int ret;

	if (!filter || !listener || filter->launches || !filter->notifies)
		return -EINVAL;
	if (af_sys_no_new_privs())
		return -ECANCELED;
	/* It has one program. */
	if (filter->has_objects)
		ret = af_sys_set_notifier(LIBAF_SECCOMP_SET_MODE_CALLER,
					  filter->args);
	else
		ret = af_sys_set_notifier(SECCOMP_SET_MODE_FILTER,
					  filter->fprogs);
	if (ret < 0)
		return af_load_error(ret);
	*listener = ret;
	return filter->degraded ? LIBAF_DEGRADED : LIBAF_ENFORCED;
}

/* A stock kernel takes the size that it knows, and fills in as much. */
static int receive(int listener, struct af_notification *notification)
{
	int ret;

	memset(notification, 0, sizeof(*notification));
	ret = af_sys_ioctl(listener, AF_IOCTL_RECEIVE, notification);
	if (ret != -EINVAL)
		return ret;
	ret = af_sys_ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notification);
	notification->data.prev_nr = LIBAF_PREV_NOT_TOLD;
	notification->data.caller_id = LIBAF_CALLER_NOT_TOLD;
	return ret;
}

static int receive_error(int error)
{
	switch (error) {
	case -EINTR:
	case -ENOENT:
	case -ENOMEM:
		return error;
	default:
		return -EINVAL;
	}
}

LIBAF_API int libaf_notify_receive(int listener, struct libaf_notify *notify)
{
	struct af_notification got;
	int ret;

	if (!notify)
		return -EINVAL;
	ret = receive(listener, &got);
	if (ret < 0)
		return receive_error(ret);
	memset(notify, 0, sizeof(*notify));
	notify->id = got.id;
	notify->pid = (int)got.pid;
	notify->arch = got.data.arch;
	notify->call.nr = got.data.nr;
	notify->call.prev_nr = got.data.prev_nr;
	notify->call.caller_id = got.data.caller_id;
	notify->call.has_args = 1;
	for (int i = 0; i < AF_NR_ARGS; i++)
		notify->call.args[i] = got.data.args[i];
	return 0;
}
