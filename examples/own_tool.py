"""Let the model call a Python function: own_tool.py [MODEL]"""

import sys

import pi
from pi.messages import text_of

STOCK = {"M3 screw": 1200, "M4 screw": 0}


def stock(part: str, minimum: int = 1) -> dict:
    """Look up how many pieces of a part are in the store.

    Args:
        part: The part's exact name.
        minimum: How many are needed.
    """
    if part not in STOCK:
        raise pi.ToolError(f"no such part; there are: {', '.join(STOCK)}")
    return {"pieces": STOCK[part], "enough": STOCK[part] >= minimum}


SCRIPT = pi.Script(  # what a model might do
    [
        pi.Reply([pi.tool_call("stock", part="M4 screw", minimum=8)]),
        lambda context, options: pi.Reply(f"It says {text_of(context.messages[-1])}"),
    ]
)
model = sys.argv[1] if len(sys.argv) > 1 else SCRIPT
with pi.create(model=model, tools=[], functions=[stock], keep=False) as conversation:
    print(conversation.ask("Can I have eight M4 screws?"))
