/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass 1: libxml2's SAX2 events -> the elements of the model. Kept are BPMN's own elements, what stands in
 * extensionElements, and what is foreign and stands in their place; diagrams are passed over. libxml2 is used by this
 * file only.
 *
 * The text has been pre-scanned, so libxml2 meets no DOCTYPE, no entity and nothing large; start tag number n of the
 * pre-scan is start event number n here, which gives exact places.
 */
#include "config.h"

#include <stdlib.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/buf.h"
#include "bpmn/model.h"
#include "bpmn/prescan.h"
#include "bpmn/source.h"

struct reader {
	struct model *model;
	const struct prescan *scan;
	size_t next_tag;
	xmlParserCtxtPtr parser;
	struct element *open; /* innermost kept element */
	int passed_over;      /* depth inside an element that is not kept */
	struct buf text;      /* character data of the open elements, innermost last */
	size_t text_begin[BPMN_DEPTH_MAX + 1];
	int depth; /* of kept elements */
	struct err *err;
	bool failed;
};

static enum space reader_space(const xmlChar *uri)
{
	static const struct {
		struct str uri;
		enum space space;
	} spaces[] = {
		{STR_INIT("http://www.omg.org/spec/BPMN/20100524/MODEL"), SPACE_BPMN},
		{STR_INIT("urn:bpmnd:model:1"), SPACE_BPMND},
		{STR_INIT("http://camunda.org/schema/1.0/bpmn"), SPACE_CAMUNDA},
		{STR_INIT("http://operaton.org/schema/1.0/bpmn"), SPACE_CAMUNDA},
		{STR_INIT("http://activiti.org/bpmn"), SPACE_CAMUNDA},
		{STR_INIT("http://flowable.org/bpmn"), SPACE_CAMUNDA},
		{STR_INIT("http://camunda.org/schema/zeebe/1.0"), SPACE_ZEEBE},
	};
	struct str text = str_from_c((const char *)uri);
	if (text.len == 0)
		return SPACE_NONE;
	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
		if (str_equal(spaces[i].uri, text))
			return spaces[i].space;
	}
	return SPACE_OTHER;
}

static void reader_fail(struct reader *reader, enum err_code code, size_t offset, const char *message)
{
	if (reader->failed)
		return;
	struct source_cursor place = source_locate(reader->model->source, offset);
	err_set(reader->err, code, "%s", message);
	err_at(reader->err, place.line, place.column);
	reader->failed = true;
	xmlStopParser(reader->parser);
}

/* The root of another format, by its namespace, so that the message can say what it is. */
static const char *reader_other_format(struct str uri)
{
	static const struct {
		struct str part;
		const char *message;
	} formats[] = {
		{STR_INIT("schema.omg.org/spec/BPMN"), "this is a draft of BPMN 2.0; export it as BPMN 2.0 (20100524)"},
		{STR_INIT("wfmc.org"), "this is XPDL, not BPMN 2.0"},
		{STR_INIT("/spec/CMMN/"), "this is CMMN, not BPMN 2.0"},
		{STR_INIT("/spec/DMN/"), "this is DMN, not BPMN 2.0"},
		{STR_INIT("bpmn.org"), "this is BPMN 1.x; export it as BPMN 2.0"},
		{STR_INIT("1999/xhtml"), "this is XHTML, not BPMN 2.0"},
		{STR_INIT("2000/svg"), "this is an SVG drawing, not BPMN 2.0"},
	};
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (str_find(uri, formats[i].part) != STR_NONE)
			return formats[i].message;
	}
	return "not BPMN 2.0: the root must be definitions in http://www.omg.org/spec/BPMN/20100524/MODEL";
}

/* libxml2 leaves a written ampersand as "&#38;" when it does not substitute entities. */
static struct str reader_value(struct arena *arena, const xmlChar *begin, const xmlChar *end)
{
	static const struct str ampersand = STR_INIT("&#38;");
	struct str raw = {(const char *)begin, (size_t)(end - begin)};
	char *out = arena_alloc(arena, raw.len + 1);
	size_t length = 0;
	while (raw.len > 0) {
		out[length++] = raw.ptr[0];
		raw = str_slice(raw, str_starts_with(raw, ampersand) ? ampersand.len : 1, raw.len);
	}
	return (struct str){out, length};
}

static void reader_attributes(struct model *model, struct element *element, const xmlChar **raw, size_t count)
{
	struct attribute *attributes = arena_array(model->arena, count, sizeof *attributes);
	for (size_t i = 0; i < count; i++, raw += 5) {
		attributes[i].space = reader_space(raw[2]);
		attributes[i].prefix = arena_str(model->arena, str_from_c((const char *)raw[1]));
		attributes[i].name = arena_str(model->arena, str_from_c((const char *)raw[0]));
		attributes[i].value = reader_value(model->arena, raw[3], raw[4]);
	}
	element->attributes = attributes;
	element->attribute_count = count;
}

static bool reader_is_extensions(const struct element *element)
{
	return !element->extension && element->space == SPACE_BPMN && str_equal(element->name, STR("extensionElements"));
}

static void reader_link(struct reader *reader, struct element *element)
{
	struct model *model = reader->model;
	struct element *parent = reader->open;
	element->parent = parent;
	if (model->last)
		model->last->next = element;
	else
		model->root = element;
	model->last = element;
	if (!parent)
		return;
	if (parent->last_child)
		parent->last_child->sibling = element;
	else
		parent->first_child = element;
	parent->last_child = element;
	bool inside = reader_is_extensions(parent) || (parent->extension && !parent->foreign);
	element->foreign = parent->foreign || (element->space != SPACE_BPMN && !inside);
	element->extension = inside || element->foreign;
}

/* Foreign elements beside the processes are diagrams. */
static bool reader_keeps(const struct reader *reader, enum space space)
{
	return !reader->passed_over && (space == SPACE_BPMN || space == SPACE_BPMND || reader->open->parent);
}

static const struct prescan_tag *reader_tag(struct reader *reader)
{
	static const struct prescan_tag none = {.line = 1, .column = 1};
	return reader->next_tag < reader->scan->tags.len ? &reader->scan->tags.items[reader->next_tag++] : &none;
}

static void reader_open(struct reader *reader, struct element *element)
{
	reader_link(reader, element);
	reader->open = element;
	reader->text_begin[reader->depth++] = reader->text.len;
}

static bool reader_root_is_definitions(const struct element *root)
{
	return root->space == SPACE_BPMN && str_equal(root->name, STR("definitions"));
}

static struct element *reader_element(
	struct reader *reader, const xmlChar *name, enum space space, const struct prescan_tag *tag)
{
	struct element *element = arena_new_object(reader->model->arena, struct element);
	element->space = space;
	element->name = arena_str(reader->model->arena, str_from_c((const char *)name));
	element->offset = tag->offset;
	element->content = tag->content;
	element->line = tag->line;
	element->column = tag->column;
	return element;
}

static void reader_name(struct element *element)
{
	if (element->space != SPACE_BPMN || element->extension)
		return;
	element->word = word_find(element->name);
	element->id = element_attribute(element, SPACE_NONE, "id");
	element->label = element_attribute(element, SPACE_NONE, "name");
}

static void reader_on_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
	int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted, const xmlChar **attributes)
{
	(void)prefix, (void)namespace_count, (void)namespaces, (void)defaulted;
	struct reader *reader = data;
	const struct prescan_tag *tag = reader_tag(reader);
	enum space space = reader_space(uri);
	if (reader->failed)
		return;
	if (reader->open && !reader_keeps(reader, space)) {
		reader->passed_over++;
		return;
	}
	struct element *element = reader_element(reader, name, space, tag);
	if (!reader->open && !reader_root_is_definitions(element)) {
		reader_fail(reader, ERR_MODEL, tag->offset, reader_other_format(str_from_c((const char *)uri)));
		return;
	}
	reader_attributes(reader->model, element, attributes, (size_t)attribute_count);
	reader_open(reader, element);
	reader_name(element);
}

static void reader_on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	(void)name, (void)prefix, (void)uri;
	struct reader *reader = data;
	if (reader->failed || !reader->open)
		return;
	if (reader->passed_over) {
		reader->passed_over--;
		return;
	}
	size_t begin = reader->text_begin[--reader->depth];
	reader->open->text = arena_str(reader->model->arena, str_slice(buf_str(&reader->text), begin, reader->text.len));
	reader->text.len = begin;
	reader->open = reader->open->parent;
}

static void reader_on_text(void *data, const xmlChar *text, int length)
{
	struct reader *reader = data;
	if (!reader->failed && reader->open && !reader->passed_over)
		buf_add(&reader->text, text, (size_t)length);
}

/* What libxml2 calls an error of namespaces is well-formed XML that means nothing. */
static enum err_code reader_error_code(const xmlError *error)
{
	return error->domain == XML_FROM_NAMESPACE ? ERR_MODEL : ERR_BAD_REQUEST;
}

/* A relative or odd namespace name is bad manners, not an error; real files have them. */
static bool reader_error_matters(const xmlError *error)
{
	return error->code != XML_WAR_NS_URI && error->code != XML_WAR_NS_URI_RELATIVE &&
	       (error->level != XML_ERR_WARNING || error->domain == XML_FROM_NAMESPACE);
}

/* libxml2's words, without the name of its function that they may begin with. */
static struct str reader_error_text(const xmlError *error)
{
	struct str text = str_trim(str_from_c(error->message));
	if (error->code == XML_ERR_INVALID_CHAR)
		return STR("a character that XML does not allow");
	bool function = str_starts_with(text, STR("xml")) && text.len > 3 && text.ptr[3] >= 'A' && text.ptr[3] <= 'Z';
	size_t colon = function ? str_find_char(text, ':') : STR_NONE;
	return colon == STR_NONE ? text : str_trim(str_slice(text, colon + 1, text.len));
}

static void reader_on_error(void *data, xmlErrorPtr error)
{
	struct reader *reader = data;
	if (!reader_error_matters(error))
		return;
	long offset = xmlByteConsumed(reader->parser);
	const char *line = arena_str_c(reader->model->arena, reader_error_text(error));
	reader_fail(reader, reader_error_code(error), offset > 0 ? (size_t)offset : 0, line);
}

static void reader_set_handlers(xmlSAXHandler *sax)
{
	*sax = (xmlSAXHandler){
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = reader_on_start,
		.endElementNs = reader_on_end,
		.characters = reader_on_text,
		.ignorableWhitespace = reader_on_text,
		.cdataBlock = reader_on_text,
		.serror = reader_on_error,
	};
}

/* The encoding in the declaration is the one before the text was transcoded. */
#define READER_OPTIONS (XML_PARSE_NONET | XML_PARSE_IGNORE_ENC)

static bool reader_parse(struct reader *reader)
{
	struct str source = reader->model->source;
	reader->parser = xmlCreateMemoryParserCtxt(source.ptr, (int)source.len);
	if (!reader->parser)
		return err_set(reader->err, ERR_BAD_REQUEST, "not XML");
	reader_set_handlers(reader->parser->sax);
	reader->parser->userData = reader;
	xmlCtxtUseOptions(reader->parser, READER_OPTIONS);
	xmlParseDocument(reader->parser);
	if (!reader->failed && !reader->parser->wellFormed)
		reader_fail(reader, ERR_BAD_REQUEST, source.len, "not well-formed XML");
	xmlFreeParserCtxt(reader->parser);
	return !reader->failed;
}

bool model_read(struct model *model, struct err *err)
{
	struct prescan scan;
	struct reader reader = {.model = model, .scan = &scan, .err = err};
	buf_init(&reader.text, model->source.len + 1);
	bool good = prescan_run(&scan, model->source, err) && reader_parse(&reader);
	buf_free(&reader.text);
	prescan_fini(&scan);
	return good;
}
