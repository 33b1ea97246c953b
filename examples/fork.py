"""Try two ways from one point of a conversation: fork.py [MODEL]"""

import sys

import pi

model = sys.argv[1] if len(sys.argv) > 1 else "demo"
with pi.create(model=model, keep=False) as conversation:
    conversation.ask('write "one" to idea.txt')
    with conversation.fork() as other:
        print("the fork:", other.ask("read idea.txt"))
    print("the first:", conversation.ask("run `ls`"))

    entry_id, words = conversation.session.user_messages()[1]
    with conversation.fork(before=entry_id) as again:  # as if that had not been said
        print(f"instead of {words!r}:", again.ask("run `wc -c idea.txt`"))
