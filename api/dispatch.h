/* SPDX-License-Identifier: Apache-2.0
 *
 * From a request to its handler: everything that is the same for all routes happens here, driven by the route's row.
 */
#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include <stdbool.h>

struct http_request;

/* on_head of the server: whoever may not send this request is answered before the body is read. */
bool dispatch_head(void *context, struct http_request *request);
/* on_request of the server; context is the worker thread's struct api. */
void dispatch_request(void *context, struct http_request *request);

#endif
