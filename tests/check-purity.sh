#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bpmn/ and engine/ see no clock, socket, file, environment, thread, randomness or database: their libraries must not
# refer to any function that reaches one. TAP; builddir from make check.
set -u
builddir=${builddir:-.}

forbidden='PQ.*|event_.*|evbuffer_.*|bufferevent_.*|evconnlistener_.*|evutil_.*|SSL_.*|EVP_.*|RAND_.*|cjose_.*
time|localtime.*|gmtime.*|mktime|strftime|clock|clock_.*|gettimeofday|timespec_get|sleep|usleep|nanosleep|alarm
read|readv|pread.*|write|writev|pwrite.*|open|open64|openat.*|close|creat|unlink.*|rename.*|mkdir.*|stat|fstat|lstat
fopen.*|fdopen|freopen.*|fread|fwrite|fgets|fgetc|fputs|fputc|puts|putchar|printf|vprintf|fprintf|vfprintf|perror
std(in|out|err)|__(v|f|vf)?printf_chk|popen|system|exec.*|fork|vfork|posix_spawn.*|kill|raise|signal|sigaction
socket.*|connect|bind|listen|accept.*|send.*|recv.*|poll|ppoll|select|epoll_.*|getaddrinfo|gethostby.*
getenv|secure_getenv|setenv|putenv|environ|setlocale|getpid|gethostname|uname
random.*|srandom.*|rand|rand_r|srand|drand48|[lm]rand48|getrandom|getentropy|arc4random.*
pthread_.*|mtx_.*|thrd_.*|dlopen|dlsym|mmap.*|syscall|ioctl|fcntl.*
xmlReadFile|xmlParseFile|xmlReadFd|xmlReaderForFile|xmlSaveFile.*|json_load_file|json_dump_file|json_loadf
clock_now|clock_monotonic|log_write|log_configure|alloc_die'
pattern="^($(printf '%s' "$forbidden" | tr '\n' '|'))(@.*)?\$"

number=0
for library in libbpmn.a libengine.a; do
	number=$((number + 1))
	if [ ! -e "$builddir/$library" ]; then
		echo "not ok $number - $library is pure # not built"
		continue
	fi
	# Lines of nm: "member.o:", "  U symbol", "address T symbol". What the library defines is its own, whatever its prefix.
	found=$(nm "$builddir/$library" 2>/dev/null |
		awk -v pattern="$pattern" '/:$/ { member = $1 } $1 == "U" && $2 ~ pattern { used[++n] = $2; by[n] = member }
			$2 ~ /^[A-TV-Z]$/ { own[$3] = 1 } END { for (i = 1; i <= n; i++) if (!(used[i] in own)) print by[i] " " used[i] }')
	if [ -z "$found" ]; then
		echo "ok $number - $library is pure"
	else
		echo "not ok $number - $library is pure"
		printf '%s\n' "$found" | sed 's/^/# /'
	fi
done
echo "1..$number"
