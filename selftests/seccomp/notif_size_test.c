// SPDX-License-Identifier: GPL-2.0
/*
 * SECCOMP_IOCTL_NOTIF_RECV at every size: supervisors that were built with the
 * headers of an older or a newer kernel.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "common.h"
#include "kselftest_harness.h"

/* As in the headers of Linux 5.0 to 6.12, with the number that they give. */
struct old_seccomp_notif {
	__u64 id;
	__u32 pid;
	__u32 flags;
	struct {
		int nr;
		__u32 arch;
		__u64 instruction_pointer;
		__u64 args[6];
	} data;
};

#define OLD_NOTIF_RECV 0xc0502100U

#define RECV_OF_SIZE(size) \
	_IOC(_IOC_READ | _IOC_WRITE, SECCOMP_IOC_MAGIC, 0, size)

#define VALUE 41

FIXTURE(recv)
{
	union {
		struct seccomp_notif notif;
		struct old_seccomp_notif old;
		unsigned char bytes[8192];
	};
	int listener;
	pid_t pid;
};

FIXTURE_SETUP(recv)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(DENIED, 0, 1),
		RETURN(SECCOMP_RET_USER_NOTIF),
		RETURN(SECCOMP_RET_ALLOW),
	};

	self->listener = install_flags(filter, COUNT(filter),
				       SECCOMP_FILTER_FLAG_NEW_LISTENER);
	ASSERT_LE(0, self->listener);
	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid) {
		raw_syscall(SYS_getpid, 0, 0, 0, 0, 0);
		_exit(raw_syscall(DENIED, 1, 2, 3, 4, 5));
	}
	memset(self->bytes, 0, sizeof(self->bytes));
}

FIXTURE_TEARDOWN(recv)
{
	struct seccomp_notif_resp reply = {
		.id = self->notif.id,
		.val = VALUE,
	};
	int status;

	/* Whatever the test did to it, the call can still be answered. */
	if (!self->notif.id)
		ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_RECV,
				   &self->notif));
	reply.id = self->notif.id;
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply));
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(VALUE, WEXITSTATUS(status));
	close(self->listener);
}

static void fails(struct __test_metadata *_metadata, int fd, unsigned int cmd,
		  void *buf, int error)
{
	EXPECT_EQ(-1, ioctl(fd, cmd, buf));
	EXPECT_EQ(error, errno);
}

TEST_F(recv, the_numbers_are_what_binaries_contain)
{
	EXPECT_EQ(80, sizeof(struct old_seccomp_notif));
	EXPECT_EQ(OLD_NOTIF_RECV, RECV_OF_SIZE(sizeof(self->old)));
	EXPECT_EQ(0xc0582100U, SECCOMP_IOCTL_NOTIF_RECV);
	EXPECT_EQ(88, sizeof(struct seccomp_notif));
}

TEST_F(recv, an_old_binary_gets_what_it_knows_and_not_a_byte_more)
{
	size_t i;

	ASSERT_EQ(0, ioctl(self->listener, OLD_NOTIF_RECV, &self->old));
	EXPECT_EQ(self->pid, self->old.pid);
	EXPECT_EQ(0, self->old.flags);
	EXPECT_EQ(DENIED, self->old.data.nr);
	EXPECT_EQ(AUDIT_ARCH_X86_64, self->old.data.arch);
	EXPECT_EQ(1, self->old.data.args[0]);
	EXPECT_EQ(5, self->old.data.args[4]);
	for (i = sizeof(self->old); i < sizeof(self->bytes); i++)
		ASSERT_EQ(0, self->bytes[i]);
}

TEST_F(recv, what_lies_behind_an_old_buffer_need_not_be_zero)
{
	size_t i;

	memset(self->bytes + sizeof(self->old), 0xa5, 64);
	ASSERT_EQ(0, ioctl(self->listener, OLD_NOTIF_RECV, &self->old));
	EXPECT_EQ(DENIED, self->old.data.nr);
	for (i = 0; i < 64; i++)
		ASSERT_EQ(0xa5, self->bytes[sizeof(self->old) + i]);
}

TEST_F(recv, a_new_binary_gets_the_previous_call)
{
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_RECV,
			   &self->notif));
	EXPECT_EQ(DENIED, self->notif.data.nr);
	EXPECT_EQ(SYS_getpid, self->notif.data.prev_nr);
	EXPECT_EQ(SECCOMP_CALLER_UNKNOWN, self->notif.data.caller_id);
}

TEST_F(recv, a_binary_of_tomorrow_gets_zeroes_for_what_is_not_known_yet)
{
	size_t i;

	ASSERT_EQ(0, ioctl(self->listener, RECV_OF_SIZE(4088), self->bytes));
	EXPECT_EQ(DENIED, self->notif.data.nr);
	EXPECT_EQ(SYS_getpid, self->notif.data.prev_nr);
	for (i = sizeof(self->notif); i < 4088; i++)
		ASSERT_EQ(0, self->bytes[i]);
}

TEST_F(recv, sizes_that_cannot_be_are_refused)
{
	fails(_metadata, self->listener, RECV_OF_SIZE(0), self->bytes, EINVAL);
	fails(_metadata, self->listener, RECV_OF_SIZE(72), self->bytes, EINVAL);
	fails(_metadata, self->listener, RECV_OF_SIZE(79), self->bytes, EINVAL);
	fails(_metadata, self->listener, RECV_OF_SIZE(4096), self->bytes,
	      EINVAL);
}

TEST_F(recv, a_buffer_with_garbage_is_refused_at_every_size)
{
	self->bytes[79] = 1;
	fails(_metadata, self->listener, OLD_NOTIF_RECV, self->bytes, EINVAL);
	self->bytes[79] = 0;
	self->bytes[87] = 1;
	fails(_metadata, self->listener, SECCOMP_IOCTL_NOTIF_RECV, self->bytes,
	      EINVAL);
	self->bytes[87] = 0;
	self->bytes[88] = 1;
	fails(_metadata, self->listener, RECV_OF_SIZE(96), self->bytes, EINVAL);
	self->bytes[88] = 0;
	EXPECT_EQ(0, ioctl(self->listener, RECV_OF_SIZE(96), self->bytes));
}

TEST_F(recv, a_bad_buffer_does_not_lose_the_notification)
{
	fails(_metadata, self->listener, OLD_NOTIF_RECV, NULL, EFAULT);
	fails(_metadata, self->listener, SECCOMP_IOCTL_NOTIF_RECV, NULL,
	      EFAULT);
	EXPECT_EQ(0, ioctl(self->listener, OLD_NOTIF_RECV, &self->old));
}

TEST(sizes_are_told_as_they_are)
{
	struct seccomp_notif_sizes sizes = {};

	ASSERT_EQ(0, seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes));
	EXPECT_EQ(88, sizes.seccomp_notif);
	EXPECT_EQ(24, sizes.seccomp_notif_resp);
	EXPECT_EQ(72, sizes.seccomp_data);
}

TEST_HARNESS_MAIN
