"""A provider that answers by itself: no wire format, no server, no key.

`parrot/echo` repeats what you say, thinks aloud if you let it, and runs a command when you say
"run: ...". A real provider would ask its service here, and yield what comes as it comes: text,
and dicts for thinking, tool calls, usage and the reason why it stopped.

    pi -e examples/extensions/custom_provider.py --model parrot/echo -p "hello"
    pi -e examples/extensions/custom_provider.py --list-models parrot
"""


def extend(pi):
    pi.register_provider(
        "parrot",
        {
            "name": "Parrot",
            "stream": answer,
            "models": [
                {
                    "id": "echo",
                    "name": "Echo",
                    "reasoning": True,
                    "context_window": 32_000,
                    "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
                }
            ],
        },
    )


def answer(model, context, options, token):
    """The pieces of one answer; `context` has system, tools and messages."""
    last = context.messages[-1]
    said = words(last)
    if options.thinking != "off":
        yield {"type": "thinking", "thinking": f"They said {len(said)} characters."}
    if last["role"] == "toolResult":
        yield f"It printed: {said.strip()}"
    elif said.startswith("run:") and any(tool["name"] == "bash" for tool in context.tools):
        command = said.removeprefix("run:").strip()
        yield {"type": "toolCall", "name": "bash", "arguments": {"command": command}}
    else:
        for word in said.split(" "):
            token.check()  # ends here when the user aborts
            yield word + " "
    yield {"type": "usage", "input": len(context.system) // 4, "output": len(said) // 4}


def words(message):
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content)
