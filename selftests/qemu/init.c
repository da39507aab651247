// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Process 1 of the test guest: prepares the system, runs the commands of its
 * plan one after the other, reports over a virtio port, powers off.
 *
 * The plan has one item a line, a word and its value:
 *
 *	root			run everything on the host's root (9p, overlay)
 *	cd DIR			the commands' working directory
 *	env NAME=VALUE		for the commands' environment
 *	timeout SECONDS		for each command; 0 or absent: none
 *	tty ROWS COLUMNS	the size of the shell's terminal
 *	test NAME<TAB>COMMAND	stdout and stderr together are the test's output
 *	exec COMMAND		stdout and stderr are passed on separately
 *	shell			an interactive shell on hvc0
 *
 * On the host's root a command is one for sh -c; else it is a program and its
 * arguments, separated by single blanks, as there may be no shell.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record.h"

#define MAX_ARGS   64
#define MAX_OUTPUT (16U << 20)
#define SHELL_TTY  "/dev/hvc0"

struct guest {
	int result;
	bool root;
	unsigned int timeout;
	struct winsize tty;
	uint32_t nr_run;
};

static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		/* The host sees that the final record is missing. */
		if (n < 0)
			power_off();
		p += n;
		len -= (size_t)n;
	}
}

static void report(const struct guest *g, enum record_type type,
		   const void *data, size_t len)
{
	struct record rec = {
		.magic = RECORD_MAGIC,
		.type = type,
		.len = (uint32_t)len,
	};

	write_all(g->result, &rec, sizeof(rec));
	write_all(g->result, data, len);
}

__attribute__((format(printf, 2, 3), noreturn)) static void
fatal(const struct guest *g, const char *format, ...)
{
	int err = errno;
	char text[512];
	va_list ap;
	size_t len;

	va_start(ap, format);
	vsnprintf(text, sizeof(text) / 2, format, ap);
	va_end(ap);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, ": %s", strerror(err));
	if (g->result >= 0)
		report(g, RECORD_FATAL, text, strlen(text));
	else
		dprintf(STDERR_FILENO, "init: %s\n", text);
	power_off();
	__builtin_unreachable();
}

static void do_mount(const struct guest *g, const char *type,
		     const char *source, const char *dir, unsigned long flags,
		     const char *options)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		fatal(g, "mkdir %s", dir);
	if (mount(source, dir, type, flags, options) < 0)
		fatal(g, "mount %s on %s", type, dir);
}

/* What a system has below its root besides files. */
static void mount_system(const struct guest *g)
{
	do_mount(g, "devtmpfs", "dev", "/dev", 0, "mode=0755");
	do_mount(g, "devpts", "devpts", "/dev/pts", 0,
		 "ptmxmode=0666,mode=0620,gid=5");
	do_mount(g, "tmpfs", "shm", "/dev/shm", 0, "mode=1777");
	do_mount(g, "proc", "proc", "/proc", 0, NULL);
	do_mount(g, "sysfs", "sys", "/sys", 0, NULL);
	do_mount(g, "tmpfs", "run", "/run", 0, "mode=0755");
	/* These exist only in debug kernels. */
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	/* Absent on devtmpfs, of which all mounts show the same files. */
	if (symlink("/proc/self/fd", "/dev/fd") < 0 && errno != EEXIST)
		fatal(g, "link /dev/fd");
}

/* The initramfs mounts of /dev and so on stay behind, out of sight. */
static void enter_host_root(const struct guest *g)
{
	do_mount(g, "9p", "hostroot", "/lower", MS_RDONLY,
		 "trans=virtio,version=9p2000.L,cache=loose,msize=512000");
	do_mount(g, "tmpfs", "rw", "/rw", 0, "mode=0755");
	if (mkdir("/rw/upper", 0755) < 0 || mkdir("/rw/work", 0755) < 0)
		fatal(g, "mkdir /rw");
	do_mount(g, "overlay", "root", "/new", 0,
		 "lowerdir=/lower,upperdir=/rw/upper,workdir=/rw/work");
	/* Moved, for in a plain chroot no user namespace can be made. */
	if (chdir("/new") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	    chroot(".") < 0 || chdir("/") < 0)
		fatal(g, "change to the host's root");
}

static bool is_result_port(const char *entry)
{
	char path[sizeof("/sys/class/virtio-ports//name") + 256];
	char name[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, name, sizeof(name) - 1);
	close(fd);
	if (n <= 0)
		return false;
	name[n] = '\0';
	return strcmp(name, "libaf.result\n") == 0;
}

/*
 * The port can be opened only once, so that, while it is open here, nothing
 * that runs in the guest can write to it.
 */
static int open_result_port(void)
{
	char path[sizeof("/dev/") + 256];
	struct dirent *entry;
	int fd = -1;
	DIR *dir;

	dir = opendir("/sys/class/virtio-ports");
	if (!dir)
		return -1;
	while (fd < 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || !is_result_port(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	closedir(dir);
	return fd;
}

/* The kernel learns a port's name only after it has started init. */
static void wait_for_result_port(struct guest *g)
{
	const struct timespec pause_time = { .tv_nsec = 10000000 };
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		g->result = open_result_port();
		if (g->result >= 0)
			return;
		nanosleep(&pause_time, NULL);
	}
	fatal(g, "virtio port libaf.result");
}

static void loopback_up(const struct guest *g)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		fatal(g, "loopback interface");
	close(fd);
}

__attribute__((noreturn)) static void exec_command(const struct guest *g,
						   char *command)
{
	char *argv[MAX_ARGS + 1] = { "sh", "-c", command, NULL };
	size_t n = 0;

	if (!g->root) {
		char *word, *save = NULL;

		for (word = strtok_r(command, " ", &save); word && n < MAX_ARGS;
		     word = strtok_r(NULL, " ", &save))
			argv[n++] = word;
		argv[n] = NULL;
	}
	if (argv[0])
		execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "init: cannot execute %s: %s\n",
		argv[0] ? argv[0] : "nothing", strerror(errno));
	_exit(127);
}

static void on_child(int sig)
{
	(void)sig;
}

/* SIGCHLD is blocked but while supervise() waits, which it then interrupts. */
static void catch_children(const struct guest *g)
{
	struct sigaction act = { .sa_handler = on_child };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigaction(SIGCHLD, &act, NULL) < 0 ||
	    sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		fatal(g, "SIGCHLD");
}

static void reset_signals(void)
{
	sigset_t set;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static pid_t start_command(const struct guest *g, char *command, int out,
			   int err)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		fatal(g, "fork");
	if (pid > 0)
		return pid;
	reset_signals();
	setsid();
	null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		_exit(127);
	if (null > STDERR_FILENO)
		close(null);
	exec_command(g, command);
}

/* Ends whatever a command has left behind; all but init are its children. */
static void kill_everything(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * (int64_t)1000 + ts.tv_nsec / 1000000;
}

/* Pass on what is there to read.  False at the end of the output. */
static bool pass_output(const struct guest *g, int fd, enum record_type type,
			size_t *total)
{
	char data[RECORD_MAX];
	ssize_t n = read(fd, data, sizeof(data));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	report(g, type, data, (size_t)n);
	*total += (size_t)n;
	return true;
}

static void drain(const struct guest *g, int fd, enum record_type type,
		  size_t *total)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (*total < MAX_OUTPUT && poll(&pfd, 1, 0) > 0 &&
	       pass_output(g, fd, type, total))
		;
}

static struct record_end describe(int status)
{
	struct record_end end;

	end.how = WIFEXITED(status) ? HOW_EXIT : HOW_SIGNAL;
	end.value = (uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status) :
						   WTERMSIG(status));
	return end;
}

/*
 * Orphans of the command become children of init, so any may be reaped here.
 * True if it was @pid, whose status is then in *@end.
 */
static bool reap(pid_t pid, struct record_end *end)
{
	bool ended = false;
	pid_t child;
	int status;

	while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
		if (child != pid)
			continue;
		*end = describe(status);
		ended = true;
	}
	return ended;
}

static struct record_end supervise(const struct guest *g, pid_t pid, int out,
				   int err)
{
	int64_t deadline = now_ms() + g->timeout * (int64_t)1000;
	struct pollfd fds[2] = {
		{ .fd = out, .events = POLLIN },
		{ .fd = err, .events = POLLIN },
	};
	struct record_end end = { 0, 0 };
	struct timespec left;
	size_t total = 0;
	sigset_t none;

	sigemptyset(&none);
	while (!reap(pid, &end)) {
		int64_t ms = deadline - now_ms();

		if (g->timeout && ms <= 0) {
			end.how = HOW_TIMEOUT;
			end.value = g->timeout;
			break;
		}
		left.tv_sec = ms / 1000;
		left.tv_nsec = ms % 1000 * 1000000;
		if (ppoll(fds, 2, g->timeout ? &left : NULL, &none) < 0)
			continue;
		if (fds[0].revents &&
		    !pass_output(g, out, RECORD_STDOUT, &total))
			fds[0].fd = -1;
		if (fds[1].revents &&
		    !pass_output(g, err, RECORD_STDERR, &total))
			fds[1].fd = -1;
		if (total >= MAX_OUTPUT) {
			end.how = HOW_OUTPUT;
			end.value = MAX_OUTPUT;
			break;
		}
	}
	kill_everything();
	if (fds[0].fd >= 0)
		drain(g, out, RECORD_STDOUT, &total);
	if (fds[1].fd >= 0)
		drain(g, err, RECORD_STDERR, &total);
	return end;
}

static void run_command(struct guest *g, const char *name, char *command,
			bool separate)
{
	int out[2], err[2] = { -1, -1 };
	struct record_end end;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0 ||
	    (separate && pipe2(err, O_CLOEXEC) < 0))
		fatal(g, "pipe");
	report(g, RECORD_BEGIN, name, strlen(name));
	pid = start_command(g, command, out[1], separate ? err[1] : out[1]);
	close(out[1]);
	if (separate)
		close(err[1]);
	end = supervise(g, pid, out[0], err[0]);
	close(out[0]);
	if (separate)
		close(err[0]);
	report(g, RECORD_END, &end, sizeof(end));
	g->nr_run++;
}

static void run_shell(const struct guest *g)
{
	pid_t pid = fork(), child;
	int fd;

	if (pid < 0)
		fatal(g, "fork");
	if (pid == 0) {
		reset_signals();
		setsid();
		fd = open(SHELL_TTY, O_RDWR);
		if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0 ||
		    dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
		    dup2(fd, STDERR_FILENO) < 0)
			_exit(127);
		if (fd > STDERR_FILENO)
			close(fd);
		if (g->tty.ws_row && g->tty.ws_col)
			ioctl(STDIN_FILENO, TIOCSWINSZ, &g->tty);
		execlp("bash", "bash", "-i", (char *)NULL);
		_exit(127);
	}
	do
		child = waitpid(-1, NULL, 0);
	while (child != pid && (child > 0 || errno == EINTR));
	kill_everything();
}

/*
 * A kernel with kmemleak reports what it finds on the console, where the host
 * looks for it.  Objects count as leaked only when they are five seconds old.
 */
static void report_leaks(void)
{
	static const char path[] = "/sys/kernel/debug/kmemleak";
	char data[4096];
	ssize_t n;
	int fd, kmsg;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	sleep(6);
	/* The first scan can take pointers in registers and stacks for lost. */
	if (write(fd, "scan", 4) == 4 && write(fd, "scan", 4) == 4) {
		kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
		while ((n = read(fd, data, 512)) > 0)
			write_all(kmsg, data, (size_t)n);
		close(kmsg);
	}
	close(fd);
}

static void do_item(struct guest *g, char *word, char *value)
{
	if (strcmp(word, "root") == 0) {
		g->root = true;
		enter_host_root(g);
		mount_system(g);
	} else if (strcmp(word, "cd") == 0) {
		if (chdir(value) < 0)
			fatal(g, "chdir %s", value);
	} else if (strcmp(word, "env") == 0) {
		putenv(value);
	} else if (strcmp(word, "timeout") == 0) {
		g->timeout = (unsigned int)strtoul(value, NULL, 10);
	} else if (strcmp(word, "tty") == 0) {
		sscanf(value, "%hu %hu", &g->tty.ws_row, &g->tty.ws_col);
	} else if (strcmp(word, "test") == 0 && strchr(value, '\t')) {
		const char *name = strsep(&value, "\t");

		run_command(g, name, value, false);
	} else if (strcmp(word, "exec") == 0) {
		run_command(g, "exec", value, true);
	} else if (strcmp(word, "shell") == 0) {
		run_shell(g);
	} else {
		errno = EINVAL;
		fatal(g, "plan: %s", word);
	}
}

static void do_plan(struct guest *g, FILE *plan)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, plan)) > 0) {
		char *value;

		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		value = strchr(line, ' ');
		if (value)
			*value++ = '\0';
		/* putenv() keeps what it is given. */
		value = strdup(value ? value : "");
		if (!value)
			fatal(g, "plan");
		do_item(g, line, value);
	}
	free(line);
}

int main(void)
{
	struct guest g = { .result = -1 };
	FILE *plan;

	if (getpid() != 1)
		return 1;
	umask(022);
	setenv("PATH",
	       "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
	       "/sbin:/bin",
	       1);
	plan = fopen(PLAN_PATH, "re");
	mount_system(&g);
	wait_for_result_port(&g);
	if (!plan)
		fatal(&g, "open " PLAN_PATH);
	loopback_up(&g);
	catch_children(&g);
	do_plan(&g, plan);
	fclose(plan);
	report_leaks();
	report(&g, RECORD_FINAL, &g.nr_run, sizeof(g.nr_run));
	power_off();
}
