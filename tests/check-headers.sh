#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each header compiles alone: it includes what it uses. TAP; CC, CPPFLAGS, CFLAGS, srcdir and builddir from make check.
set -u
srcdir=${srcdir:-.}
builddir=${builddir:-.}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

number=0
for header in "$srcdir"/base/*.h "$srcdir"/bpmn/*.h "$srcdir"/engine/*.h "$srcdir"/engine/expr/*.h "$srcdir"/db/*.h \
	"$srcdir"/runtime/*.h "$srcdir"/api/*.h; do
	[ -e "$header" ] || continue
	number=$((number + 1))
	name=${header#"$srcdir"/}
	printf '#include "config.h"\n#include "%s"\n#include "%s"\n' "$name" "$name" >"$scratch/header.c"
	# shellcheck disable=SC2086 # the flags are words
	if (cd "$builddir" && ${CC:-cc} ${CPPFLAGS:-} ${CFLAGS:-} -I"$srcdir" -fsyntax-only "$scratch/header.c") \
		>"$scratch/messages" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$scratch/messages"
	fi
done
echo "1..$number"
