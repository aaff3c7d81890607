"""A table as DMN 1.3 XML, for a DMN editor. Going out only: what is published here is the YAML."""

from __future__ import annotations

import math
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from consilience.domains.policy.language.values import write_duration
from consilience.domains.policy.tables.cells import Among, Anything, Asked, Cell, Members, Span
from consilience.domains.policy.tables.inputs import Input, Line, Universe
from consilience.domains.policy.tables.reading import DAY, number_text
from consilience.domains.policy.tables.table import Output, Row, Table
from consilience.domains.policy.tables.words import in_language

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_OURS = "https://consilience.example/decision-tables"
_TYPES = {"int": "number", "double": "number", "string": "string", "bool": "boolean"}


def table_to_dmn(table: Table, language: str = "en") -> str:
    """The XML of one decision with its decision table; conditions on lists become FEEL expressions over `?`."""
    root = Element("definitions", {
        "xmlns": NAMESPACE, "id": f"definitions_{_id(table.name)}", "name": table.name, "namespace": _OURS,
    })  # fmt: skip
    title = in_language(table.title, language)
    decision = SubElement(root, "decision", {"id": f"decision_{_id(table.name)}", "name": title})
    SubElement(decision, "variable", {"id": f"variable_{_id(table.name)}", "name": title})
    body = SubElement(decision, "decisionTable", {
        "id": f"table_{_id(table.name)}", "hitPolicy": table.hit.upper(), "preferredOrientation": "Rule-as-Row",
    })  # fmt: skip
    for at, source in enumerate(table.inputs):
        _input(body, at, source, language)
    for at, output in enumerate(table.outputs):
        _output(body, at, output, table, language)
    SubElement(body, "annotation", {"name": "id"})
    SubElement(body, "annotation", {"name": "reason"})
    for nth, row in enumerate(table.rows):
        _rule(body, nth, row, table, language)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def feel(cell: Cell, of: Input) -> str:
    """The unary test that a cell is in FEEL."""
    if isinstance(cell, Anything):
        return "-"
    if isinstance(cell, Among):
        listed = ", ".join(map(_literal, cell.values))
        return f"not({listed})" if cell.negated else listed
    if isinstance(cell, Members):
        return _of_list(cell)
    line = of.domain
    return ", ".join(_span(span, line.kind if isinstance(line, Line) else "int") for span in cell.spans)


def _input(body: Element, at: int, source: Input, language: str) -> None:
    made = SubElement(body, "input", {"id": f"input_{at}", "label": in_language(source.title, language)})
    kind = "string"
    if isinstance(source.domain, Line):
        kind = "dayTimeDuration" if source.domain.kind == "duration" else "number"
    elif isinstance(source.domain, Universe):
        kind = "Any"
    elif source.domain.values == (True, False):
        kind = "boolean"
    expression = SubElement(made, "inputExpression", {"id": f"expression_{at}", "typeRef": kind})
    SubElement(expression, "text").text = source.name
    if kind == "string" and not getattr(source.domain, "others", False):
        values = SubElement(made, "inputValues", {"id": f"values_{at}"})
        SubElement(values, "text").text = ", ".join(map(_literal, source.domain.values))  # type: ignore[union-attr]


def _output(body: Element, at: int, output: Output, table: Table, language: str) -> None:
    made = SubElement(body, "output", {
        "id": f"output_{at}", "label": in_language(output.title, language), "name": output.name, "typeRef": _TYPES[output.kind],
    })  # fmt: skip
    if output.values:
        values = SubElement(made, "outputValues", {"id": f"output_values_{at}"})
        SubElement(values, "text").text = ", ".join(map(_literal, output.values))
    if table.default is not None:
        default = SubElement(made, "defaultOutputEntry", {"id": f"default_{at}"})
        SubElement(default, "text").text = _output_text(table.default, output)


def _rule(body: Element, nth: int, row: Row, table: Table, language: str) -> None:
    rule = SubElement(body, "rule", {"id": f"rule_{nth}"})
    for at, (cell, of) in enumerate(zip(row.cells, table.inputs, strict=True)):
        SubElement(SubElement(rule, "inputEntry", {"id": f"rule_{nth}_in_{at}"}), "text").text = feel(cell, of)
    for at, output in enumerate(table.outputs):
        entry = SubElement(rule, "outputEntry", {"id": f"rule_{nth}_out_{at}"})
        SubElement(entry, "text").text = _output_text(row, output)
    for said in (row.id, in_language(row.reason, language)):
        SubElement(SubElement(rule, "annotationEntry"), "text").text = said


def _output_text(row: Row, output: Output) -> str:
    value = row.then[output.name]
    return str(value) if output.kind == "double" else _literal(value)


def _of_list(cell: Members) -> str:
    listed = ", ".join(map(_literal, cell.members))
    match cell.asked:
        case Asked.ANY_OF:
            return f"some m in [{listed}] satisfies list contains(?, m)"
        case Asked.NONE_OF:
            return f"every m in [{listed}] satisfies not(list contains(?, m))"
        case Asked.ALL_OF:
            return f"every m in [{listed}] satisfies list contains(?, m)"
        case Asked.ONLY:
            return f"every m in ? satisfies list contains([{listed}], m)"
        case Asked.EMPTY:
            return "count(?) = 0"
    return "count(?) > 0"


def _span(span: Span, kind: str) -> str:
    (low, after), (high, before) = span
    if math.isinf(low):
        return f"{'<=' if before else '<'} {_number(high, kind)}"
    if math.isinf(high):
        return f"{'>' if after else '>='} {_number(low, kind)}"
    if low == high:
        return _number(low, kind)
    return f"{'(' if after else '['}{_number(low, kind)}..{_number(high, kind)}{']' if before else ')'}"


def _number(value: float, kind: str) -> str:
    if kind != "duration":
        return number_text(value, kind)
    days, rest = divmod(int(value), DAY)
    return f'duration("P{days}D")' if not rest else f'duration("PT{write_duration(int(value)).upper()}")'


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _id(text: str) -> str:
    return text.replace("-", "_")
