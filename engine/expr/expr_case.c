/* SPDX-License-Identifier: Apache-2.0
 *
 * Upper and lower case by a table of our own, for the C library's depends on the locale: Latin with the accents of
 * Latin-1 and Extended-A, Greek, Cyrillic. Every pair here has the same length in UTF-8, so text is converted in
 * place; letters without such a partner (ß, dotless i) stay.
 */
#include "config.h"

#include "engine/expr/expr_internal.h"

/* Upper-case letters from first to last, each `every` code points; lower case lies `distance` above. */
static const struct expr_case_range {
	int first;
	int last;
	int every;
	int distance;
} expr_case_ranges[] = {
	{0x0041, 0x005a, 1, 32},   /* A-Z */
	{0x00c0, 0x00d6, 1, 32},   /* À-Ö */
	{0x00d8, 0x00de, 1, 32},   /* Ø-Þ */
	{0x0100, 0x012e, 2, 1},    /* Ā-Į */
	{0x0132, 0x0136, 2, 1},    /* Ĳ-Ķ */
	{0x0139, 0x0147, 2, 1},    /* Ĺ-Ň */
	{0x014a, 0x0176, 2, 1},    /* Ŋ-Ŷ */
	{0x0178, 0x0178, 1, -121}, /* Ÿ */
	{0x0179, 0x017d, 2, 1},    /* Ź-Ž */
	{0x0386, 0x0386, 1, 38},   /* Ά */
	{0x0388, 0x038a, 1, 37},   /* Έ-Ί */
	{0x038c, 0x038c, 1, 64},   /* Ό */
	{0x038e, 0x038f, 1, 63},   /* Ύ Ώ */
	{0x0391, 0x03a1, 1, 32},   /* Α-Ρ */
	{0x03a3, 0x03ab, 1, 32},   /* Σ-Ϋ */
	{0x0400, 0x040f, 1, 80},   /* Ѐ-Џ */
	{0x0410, 0x042f, 1, 32},   /* А-Я */
	{0x0460, 0x0480, 2, 1},    /* Ѡ-Ҁ */
	{0x048a, 0x04be, 2, 1},    /* Ҋ-Ҿ */
	{0x04d0, 0x052e, 2, 1},    /* Ӑ-Ԯ */
};

static int expr_case_of(int c, bool upper)
{
	for (size_t i = 0; i < sizeof expr_case_ranges / sizeof expr_case_ranges[0]; i++) {
		const struct expr_case_range *range = &expr_case_ranges[i];
		int letter = upper ? c - range->distance : c; /* the upper-case one, if c is of this range */
		if (letter < range->first || letter > range->last || (letter - range->first) % range->every != 0)
			continue;
		return upper ? letter : c + range->distance;
	}
	return c;
}

void expr_case_convert(char *text, size_t len, bool upper)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char lead = (unsigned char)text[i];
		if (lead < 0x80) {
			text[i] = (char)expr_case_of(lead, upper);
		} else if (lead >= 0xc2 && lead < 0xe0 && i + 1 < len) {
			int c = expr_case_of((lead & 0x1f) << 6 | ((unsigned char)text[i + 1] & 0x3f), upper);
			text[i] = (char)(0xc0 | c >> 6);
			text[++i] = (char)(0x80 | (c & 0x3f));
		}
	}
}
