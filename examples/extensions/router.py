"""A virtual model: you select `router/auto`, and each request goes to the model that fits it.

Short questions go to a small model, long ones and those at level "high" to a large one; what
follows within the same turn stays where it is, because of the prompt cache. A model that failed is
not asked again. Which models these are can be set:

    {"extensionSettings": {"router": {"small": "anthropic/claude-haiku-4-5",
                                      "large": "anthropic/claude-opus-4-5"}}}

    pi -e examples/extensions/router.py --model router/auto:low
"""

LONG = 400  # characters of a question that is worth a large model


def extend(pi):
    pi.register_setting("small", "text", "anthropic/claude-haiku-4-5", "for short questions")
    pi.register_setting("large", "text", "anthropic/claude-opus-4-5", "for all others")

    def route(request):
        if request.failed:
            name = request.failed.model["id"]
            other = "large" if pi.get_setting("small").endswith(f"/{name}") else "small"
            return {"model": pi.get_setting(other), "thinkingLevel": "medium"}
        if request.reason == "continuation" and request.previous:
            same = request.previous
            return {"model": same.model, "thinkingLevel": same.thinking_level or "off"}
        is_hard = request.thinking_level == "high" or len(question(request.messages)) > LONG
        size = "large" if is_hard else "small"
        turns = (request.state or {"turns": 0})["turns"] + 1
        return {
            "model": pi.get_setting(size),
            "thinkingLevel": "high" if is_hard else "low",
            "state": {"turns": turns, "last": size},
        }

    pi.register_virtual_model(
        {
            "provider": "router",
            "id": "auto",
            "name": "Auto",
            "thinkingLevels": ["low", "high"],
            "route": route,
        }
    )


def question(messages):
    """The text of the last thing the user said."""
    for message in reversed(messages):
        if message["role"] == "user":
            content = message["content"]
            if isinstance(content, str):
                return content
            return "".join(block.get("text", "") for block in content)
    return ""
