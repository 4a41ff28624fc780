#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The names of urn:bpmnd:model:1 that bpmn/own_word.def reads are those that docs/extensions.md promises, and the diagram
# own-namespace-places has each of them. TAP; srcdir from make check.
set -u
srcdir=${srcdir:-.}

read=$(sed -n 's/^X([A-Z]*, "\([A-Za-z]*\)", .*/\1/p' "$srcdir/bpmn/own_word.def" | sort -u)
# the first column of the tables of names: `one` or `one`, `another`
promised=$(sed -n 's/^| \(`[^|]*\) |.*/\1/p' "$srcdir/docs/extensions.md" | grep -o '`[^`]*`' | tr -d '`' | sort -u)

number=0
check() { # name, what is wrong
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1:" $2
	fi
}

missing_of() { # names, other names: those that only the first has
	printf '%s\n' "$1" | grep -vxF "$2"
}

check "the names that are read are promised" "$(missing_of "$read" "$promised")"
check "the names that are promised are read" "$(missing_of "$promised" "$read")"
unseen=$(for name in $read; do
	grep -qE "bpmnd:$name[ =]" "$srcdir"/tests/bpmn/valid/own-namespace-places/input.bpmn || echo "$name"
done)
check "each stands where it is read" "$unseen"
echo "1..$number"
