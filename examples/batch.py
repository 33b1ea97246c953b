"""One question about many files, four at a time: batch.py [-m MODEL] FILES..."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pi

words = sys.argv[1:]
model = "demo"
if words[:1] == ["-m"]:
    model, words = words[1], words[2:]


def about(path: str) -> str:
    """Ask about one file, in a conversation of its own."""
    try:
        with pi.create(model=model, tools=["read"], keep=False) as conversation:
            answer = conversation.ask(f"read {path} and say in one line what it is for")
            return f"{path}: {answer.text.strip().splitlines()[-1].strip()}"
    except pi.PiError as error:
        return f"{path}: failed: {error}"


with ThreadPoolExecutor(4) as pool:
    for line in pool.map(about, words):
        print(line)
