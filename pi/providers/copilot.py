"""What GitHub Copilot wants to know beside the request itself: who asks, and whether it must see.

It bills a request that a user started differently from one the agent makes on its own, and needs a
hint to route one with images. Source: the requests the reference sends to it.
"""

from __future__ import annotations

from pi.messages import blocks_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Context, Model


def copilot_headers(model: Model, context: Context) -> dict[str, str]:
    """The extra headers of a request to Copilot; {} for every other provider."""
    if model.get("provider") != "github-copilot":
        return {}
    messages = [message for message in context.messages if message.get("role") != "system"]
    asked = bool(messages) and messages[-1].get("role") == "user"
    headers = {
        "x-initiator": "user" if asked else "agent",
        "openai-intent": "conversation-edits",
    }
    if any(block.get("type") == "image" for message in messages for block in blocks_of(message)):
        headers["copilot-vision-request"] = "true"
    return headers
