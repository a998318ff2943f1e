"""A tool that stands for the reply, for a model that cannot be held to a schema: its input is the reply's JSON.

The caller asked for text, so the call of this tool is turned back into text. It is known by its name alone, which is
why the name is not one that a caller would choose.
"""

from __future__ import annotations

from tokenfoundry.translate import Body

REPLY_TOOL = "tokenfoundry_json_reply"


def reply_tool(schema: Body, description: str = "") -> Body:
    """The tool for a reply of this schema."""
    said = "Call this tool to give your whole reply, as JSON."
    return {
        "name": REPLY_TOOL,
        "description": f"{said} {description}".strip(),
        "input_schema": schema if schema.get("type") == "object" else {"type": "object", **schema},
    }
