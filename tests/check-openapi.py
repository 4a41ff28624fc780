#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""schemas/openapi.yaml and api/routes.def say the same: paths, methods, operation ids, parameters, bodies; and no key of the document
stands twice. It is read by its indentation, which is fixed: two spaces a level, references to parameters in block style."""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("srcdir") or pathlib.Path(__file__).resolve().parents[1])
ROUTE = re.compile(r'^X\((\w+), "([^"]+)", (\w+), \w+, ([\w| ]+),\s*"([^"]*)"\)', re.MULTILINE)


def route_parameters(path, flags, queries):
    names = set(re.findall(r"{(\w+)}", path)) | set(queries.split())
    names |= {"dryRun"} if "DRY_RUN" in flags else set()
    names |= {"Idempotency-Key"} if "KEYED" in flags else set()
    return names | ({"If-Match"} if "IF_MATCH" in flags else set())


def read_routes(text):
    routes = {}
    for method, path, operation, flags, queries in ROUTE.findall(text):
        flags = set(re.findall(r"\w+", flags))
        body = "required" if flags & {"JSON", "DIAGRAM"} else "optional" if "JSON_OPTIONAL" in flags else None
        routes[method, path] = (operation, route_parameters(path, flags, queries), body, "PUBLIC" in flags)
    assert len(routes) == len(re.findall(r"^X\(", text, re.MULTILINE)), "a row of routes.def is not understood"
    return routes


def section(lines, head):
    """The lines below `head`, up to the next line of its depth."""
    start = lines.index(head) + 1
    depth = len(head) - len(head.lstrip())
    for end in range(start, len(lines)):
        line = lines[end]
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            return lines[start:end]
    return lines[start:]


def read_parameter_names(lines):
    names, component = {}, None
    for line in section(lines, "  parameters:"):
        found = re.match(r"    (\w+):(.*)", line)
        component = found[1] if found else component
        name = re.search(r"\bname: ([\w.-]+)", line)
        if name:
            names[component] = name[1]
    return names


def read_operation(lines, names):
    text = "\n".join(lines)
    operation = re.search(r"^      operationId: (\w+)$", text, re.MULTILINE)[1]
    parameters = {names[ref] for ref in re.findall(r"'#/components/parameters/(\w+)'", text)}
    body = None
    if "      requestBody" in text:
        body = "optional" if "\n        required: false" in text else "required"
    return operation, parameters, body, "      security: []" in lines


def read_document(text):
    lines = text.splitlines()
    names = read_parameter_names(lines)
    operations, path, method, collected = {}, None, None, {}
    for line in section(lines, "paths:"):
        if re.match(r"  /", line):
            path = line.strip().rstrip(":")
        elif re.match(r"    \w+:$", line):
            method = line.strip().rstrip(":").upper()
            collected[method, path] = []
        elif line.strip():
            collected[method, path].append(line)
    for where, part in collected.items():
        operations[where] = read_operation(part, names)
    return operations


def repeated_keys(text):
    """Keys that a mapping of the document has twice, as (line, key); block scalars have none."""
    found, levels, scalar = [], [], None  # levels: [(depth, keys seen)]
    for number, line in enumerate(text.splitlines(), 1):
        depth = len(line) - len(line.lstrip())
        if not line.strip() or (scalar is not None and depth > scalar):
            continue
        item = re.match(r" *((?:- +)*)", line)
        inner = item.end()
        scalar = depth if re.search(r": [>|][+-]?$", line) else None
        levels = [level for level in levels if level[0] < depth or (level[0] == inner and not item[1])]
        key = re.match(r"""('[^']*'|"[^"]*"|[^\s#'"\[{][^:]*?):(?: |$)""", line[inner:])
        if not key:
            continue
        if not levels or levels[-1][0] < inner:
            levels.append((inner, set()))
        if key[1] in levels[-1][1]:
            found.append((number, key[1]))
        levels[-1][1].add(key[1])
    return found


def main():
    routes = read_routes((ROOT / "api" / "routes.def").read_text())
    text = (ROOT / "schemas" / "openapi.yaml").read_text()
    document = read_document(text)
    places = sorted(set(routes) | set(document), key=lambda where: (where[1], where[0]))
    good = True
    for number, where in enumerate(places, 1):
        same = routes.get(where) == document.get(where)
        good = good and same
        print(f"{'ok' if same else 'not ok'} {number} - {where[0]} {where[1]}")
        if not same:
            print(f"# routes.def:   {routes.get(where)}\n# openapi.yaml: {document.get(where)}")
    repeated = repeated_keys(text)
    good = good and not repeated
    print(f"{'not ok' if repeated else 'ok'} {len(places) + 1} - no key twice")
    for line, key in repeated:
        print(f"# openapi.yaml:{line}: {key}")
    print(f"1..{len(places) + 1}")
    sys.exit(0 if good else 1)


main()
