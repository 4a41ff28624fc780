/* SPDX-License-Identifier: Apache-2.0
 *
 * Diagnostics as the API shows them.
 */
#include "config.h"

#include "base/json.h"
#include "bpmn/bpmn.h"

const char *diagnostic_severity_name(enum diagnostic_severity severity)
{
	switch (severity) {
	case DIAGNOSTIC_ERROR:
		return "error";
	case DIAGNOSTIC_WARNING:
		return "warning";
	case DIAGNOSTIC_INFO:
		return "info";
	}
	return "";
}

void diagnostic_to_json(struct buf *buf, const struct diagnostic *diagnostic)
{
	json_object_begin(buf);
	json_member_str(buf, "rule", diagnostic->rule);
	json_member_c(buf, "severity", diagnostic_severity_name(diagnostic->severity));
	json_member_text(buf, "elementId", diagnostic->element_id);
	json_member_text(buf, "elementName", diagnostic->element_name);
	json_member_int(buf, "line", diagnostic->line);
	json_member_int(buf, "column", diagnostic->column);
	json_member_str(buf, "message", diagnostic->message);
	json_member_text(buf, "hint", diagnostic->hint);
	json_object_end(buf);
}
