#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# embed-sql.sh list|statements|migrations FILE... - writes SQL files as C, see db/sql.h. Each line becomes a string
# literal of its own; lines that are only a comment are left out of statements.
set -eu

mode=$1
shift
case $mode in
list | statements | migrations) ;;
*)
	echo "embed-sql.sh: unknown mode $mode" >&2
	exit 2
	;;
esac

# The names' order must not depend on who builds.
LC_ALL=C
export LC_ALL
[ $# -eq 0 ] || set -- $(printf '%s\n' "$@" | sort)

exec "${AWK:-awk}" -v mode="$mode" '
function fail(message) {
	printf "embed-sql.sh: %s: %s\n", path, message >"/dev/stderr"
	failed = 1
	exit 1
}

# No gsub: how many backslashes its replacement needs differs between awks.
function escape(line, from, to,   done, at) {
	while ((at = index(line, from)) > 0) {
		done = done substr(line, 1, at - 1) to
		line = substr(line, at + 1)
	}
	return done line
}

function literal(line) {
	line = escape(line, "\\", "\\\\")
	line = escape(line, "\"", "\\\"")
	line = escape(line, "\t", "\\t")
	line = escape(line, "\r", "")
	line = escape(line, "?", "\\?") # no trigraphs
	return "\t\t\"" line "\\n\"\n"
}

# Parameters in comments and in quoted text count as well: harmless, as each is named where it is used.
function count_parameters(line,   n) {
	while (match(line, /\$[0-9]+/)) {
		n = substr(line, RSTART + 1, RLENGTH - 1) + 0
		if (n > highest)
			highest = n
		line = substr(line, RSTART + RLENGTH)
	}
}

function read_file(   line) {
	text = ""
	highest = 0
	while ((status = (getline line <path)) > 0) {
		if (mode == "statements") {
			if (line ~ /^[ \t]*(--.*)?$/)
				continue
			count_parameters(line)
		}
		text = text literal(line)
	}
	if (status < 0)
		fail("not readable")
	close(path)
	if (text == "")
		fail("empty")
}

function split_migration(stem) {
	if (stem !~ /^[0-9][0-9][0-9][0-9]_[a-z0-9_]+$/)
		fail("is not called NNNN_name.sql")
	number = substr(stem, 1, 4) + 0
	if (number <= last_number)
		fail("its number is taken")
	last_number = number
	name = substr(stem, 6)
}

BEGIN {
	print "/* Made by db/embed-sql.sh; do not edit. */"
	if (mode != "list")
		print "#include \"config.h\"\n\n#include \"db/sql.h\"\n"
	if (mode == "statements")
		print "const struct sql_statement sql_statements[] = {"
	if (mode == "migrations")
		print "const struct db_migration db_migrations[] = {"
	last_number = 0
	for (i = 1; i < ARGC; i++) {
		path = ARGV[i]
		name = path
		sub(/.*\//, "", name)
		sub(/\.sql$/, "", name)
		if (mode == "migrations")
			split_migration(name)
		else if (name !~ /^[a-z][a-z0-9_]*$/)
			fail("its name is no identifier")
		if (mode == "list") {
			print "X(" toupper(name) ")"
			continue
		}
		read_file()
		if (mode == "statements")
			printf "\t[SQL_%s] = {.name = \"%s\", .parameters = %d, .text =\n%s\t},\n", toupper(name), name, highest, text
		else
			printf "\t{.number = %d, .name = \"%s\", .text =\n%s\t},\n", number, name, text
	}
	if (mode == "statements" && ARGC < 2)
		print "\t{0},"
	if (mode == "migrations") {
		print "\t{0},\n};"
		printf "\nconst size_t db_migration_count = %d;\n", ARGC - 1
	} else if (mode == "statements") {
		print "};"
	}
	exit failed
}
' "$@"
