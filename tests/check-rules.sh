#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each rule of bpmn/rule.def is used by the sources and shown by a diagram: an error by one that is refused, else by any of
# tests/bpmn, or by a program of tests/unit that names it. TAP; srcdir from make check.
set -u
srcdir=${srcdir:-.}

# NAME id severity, one a line
rules=$(sed -n 's/^X(\([A-Z_]*\), "\([a-z0-9-]*\)", \([A-Z_]*\), .*/\1 \2 \3/p' "$srcdir/bpmn/rule.def")

# The first cases of some folders that expect the rule with that severity.
cases_of() { # severity, id, folders
	for folder in $3; do
		grep -lE "^$1 $2( |\$)" "$srcdir/tests/bpmn/$folder"/*/expected
	done | sed 's|/expected$||; s|.*/||' | head -3 | tr '\n' ' '
}

programs_of() { # id
	grep -lE "\"$1[ \"]" "$srcdir"/tests/unit/*.c | sed 's|.*/||' | tr '\n' ' '
}

number=0
check() { # name, what was found, what is missing
	number=$((number + 1))
	if [ -n "$2" ]; then
		echo "ok $number - $1: $2"
	else
		echo "not ok $number - $1: $3"
	fi
}

while read -r name id severity; do
	case $severity in
	ERROR | ALWAYS_ERROR) shown=$(cases_of error "$id" invalid) ;;
	WARNING) shown=$(cases_of warning "$id" "invalid valid")$(programs_of "$id") ;;
	*) shown=$(cases_of info "$id" "invalid valid") ;;
	esac
	check "$id is shown" "$shown" "no test expects it"
	used=$(grep -lw "RULE_$name" "$srcdir"/bpmn/*.c "$srcdir"/engine/*.c | sed 's|.*/||' | head -1)
	check "$id is used" "$used" "no source reports RULE_$name"
done <<END
$rules
END

# A diagram that expects what the table does not have would be a rule that was renamed.
unknown=$(cat "$srcdir"/tests/bpmn/*/*/expected | awk '/^(error|warning|info) / { print $2 }' | sort -u |
	grep -vxF "$(printf '%s\n' "$rules" | awk '{ print $2 }')" | tr '\n' ' ')
[ -z "$unknown" ] && unknown_found="every one that a case expects"
check "rules are in the table" "${unknown_found:-}" "$unknown"
echo "1..$number"
