// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "attack.h"
#include "userfault.h"

int watch_page(void *page, int flags)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.range = { .start = (unsigned long)page, .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, flags);

	expect(fd >= 0 && !ioctl(fd, UFFDIO_API, &api));
	expect(!ioctl(fd, UFFDIO_REGISTER, &area));
	return fd;
}

void await_fault(int fd)
{
	struct uffd_msg msg;

	expect(read(fd, &msg, sizeof(msg)) == sizeof(msg));
	expect(msg.event == UFFD_EVENT_PAGEFAULT);
}

void supply_page(int fd, void *page, const void *content)
{
	struct uffdio_copy copy = {
		.dst = (unsigned long)page,
		.src = (unsigned long)content,
		.len = PAGE,
	};

	expect(!ioctl(fd, UFFDIO_COPY, &copy) && copy.copy == (long)PAGE);
}

static struct {
	int fd;
	void *page;
	const void *content;
	void (*first)(void);
} order;

static void *supplier(void *arg)
{
	await_fault(order.fd);
	if (order.first)
		order.first();
	supply_page(order.fd, order.page, order.content);
	return arg;
}

void supply_later(int fd, void *page, const void *content, void (*first)(void))
{
	pthread_t thread;

	order.fd = fd;
	order.page = page;
	order.content = content;
	order.first = first;
	expect(!pthread_create(&thread, NULL, supplier, NULL));
	expect(!pthread_detach(thread));
}
