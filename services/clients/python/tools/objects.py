"""Writes the types of the picture's objects from the description of the API.

`python tools/objects.py` writes `src/tilanne/objects.py`; a test holds it to be up to date.
"""

import json
import keyword
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent.parent
DESCRIPTIONS = [HOME / "../../gateway/asyncapi.json", HOME / "../../gateway/openapi.json"]
"""Where both describe something, the second counts."""
TARGET = HOME / "src/tilanne/objects.py"

ROOTS = [
    "Vehicle",
    "Detector",
    "Situation",
    "Trip",
    "Feed",
    "Link",
    "Queue",
    "Area",
    "Emission",
    "Weather",
    "CloudEvent",
    "Stop",
]
"""Objects of the layers, events and stops. What they are made of comes with them."""

COLUMNS = 100
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def type_of(schema: dict[str, Any]) -> str:
    """Give the annotation of a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for alternative in ("oneOf", "anyOf"):
        if alternative in schema:
            return union([type_of(one) for one in schema[alternative]])
    if "allOf" in schema:
        return type_of(schema["allOf"][0])
    kinds = schema.get("type", "object")
    if isinstance(kinds, list):
        return union([type_of({**schema, "type": kind}) for kind in kinds])
    if kinds == "null":
        return "None"
    if kinds == "array":
        return f"list[{type_of(schema.get('items', {}))}]"
    if kinds == "object":
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            return f"dict[str, {type_of(values)}]"
        properties = schema.get("properties")
        if properties:
            # Of a few names that all mean the same, such as pollutants.
            return f"dict[str, {union([type_of(one) for one in properties.values()])}]"
        return "dict[str, object]"
    # Names of states are texts: a newer server may know more of them.
    return SCALARS[kinds]


def union(types: list[str]) -> str:
    """Join types, each once, None last."""
    unique = list(dict.fromkeys(types))
    return " | ".join(sorted(unique, key="None".__eq__))


def doc(text: str, indent: str) -> str:
    """Write a docstring."""
    lines = textwrap.wrap(" ".join(text.split()), COLUMNS - len(indent) - 6)
    if len(lines) <= 1:
        return f'{indent}"""{"".join(lines)}"""\n'
    body = "\n".join(f"{indent}{line}" for line in lines[1:])
    return f'{indent}"""{lines[0]}\n{body}\n{indent}"""\n'


def references(schema: Any) -> list[str]:
    """Give the names of the schemas that a schema refers to, in order."""
    if isinstance(schema, dict):
        own = [str(schema["$ref"]).rsplit("/", 1)[-1]] if "$ref" in schema else []
        return own + [name for value in schema.values() for name in references(value)]
    if isinstance(schema, list):
        return [name for value in schema for name in references(value)]
    return []


def typed_dict(name: str, schema: dict[str, Any]) -> str:
    """Write one type."""
    required = set(schema.get("required", []))
    properties = schema.get("properties", {})
    described = schema.get("description", name)
    if any(keyword.iskeyword(key) for key in properties):
        # A property that no class could have, such as `class`.
        lines = [f'{name} = TypedDict(\n    "{name}",\n    {{\n']
        for key, value in properties.items():
            annotation = type_of(value)
            # Evaluated at once, so names that come later are given as text.
            annotation = f'"{annotation}"'
            if key not in required:
                annotation = f"NotRequired[{annotation}]"
            lines.append(f'        "{key}": {annotation},\n')
        lines.append("    },\n)\n")
        return "".join(lines) + doc(described, "")
    lines = [f"class {name}(TypedDict):\n", doc(described, "    "), "\n"]
    for key, value in properties.items():
        annotation = type_of(value)
        if key not in required:
            annotation = f"NotRequired[{annotation}]"
        lines.append(f"    {key}: {annotation}\n")
        if text := value.get("description"):
            lines.append(doc(text, "    "))
    return "".join(lines)


def generate() -> str:
    """Write the module."""
    schemas: dict[str, Any] = {}
    for description in DESCRIPTIONS:
        schemas |= json.loads(description.read_text())["components"]["schemas"]
    layers = schemas["LayerName"]["enum"]
    wanted, waiting = [], list(ROOTS)
    while waiting:
        name = waiting.pop(0)
        if name not in wanted:
            wanted.append(name)
            waiting += references(schemas[name])
    names = "".join(f'    "{layer}",\n' for layer in layers)
    parts = [
        '"""Objects of the picture as they come in JSON; units are in the names.\n\n'
        "What is not known is None or left out. Made by `tools/objects.py` from the description\n"
        'of the API: do not edit.\n"""\n\n'
        "from __future__ import annotations\n\n"
        "from typing import Literal, NotRequired, TypedDict, get_args",
        f"LayerName = Literal[\n{names}]\n"
        '"""Layers of the picture."""\n\n'
        "LAYERS: tuple[LayerName, ...] = get_args(LayerName)\n",
    ]
    for name in wanted:
        schema = schemas[name]
        if schema.get("type") == "object" and "properties" in schema:
            parts.append(typed_dict(name, schema))
        else:
            parts.append(f"{name} = {type_of(schema)}\n")
    format_it = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"]
    text = "\n\n".join(parts)
    done = subprocess.run(format_it, input=text, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    TARGET.write_text(generate())
