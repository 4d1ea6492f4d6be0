"""Runs the examples of docs/notebooks.md before its chapter about widgets as cells of one notebook.

Usage: notebooks_page_check.py FOLDER, with the kernelspec `vitrine` on JUPYTER_PATH and node_modules in FOLDER. Each
example reports as a line of JSON on stdout.
"""

import json
import os
import re

from jupyter_client_check import HANG_S, Kernel

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "notebooks.md")


def failure_of(kernel, code):
    message_id = kernel.client.execute(code, allow_stdin=True)
    if re.search(r"\bprompt\(", code):
        kernel.client.get_stdin_msg(timeout=HANG_S)
        kernel.client.input("Ada")
    result = kernel.finish(message_id)
    if result.status != ("error" if code.startswith("throw") else "ok"):
        return f"{result.status}: {result.reply['content']}"
    if result.text("stderr"):
        return result.text("stderr")
    shown = result.published[1:] or result.reply["content"].get("payload")
    return None if shown else "showed nothing"


def main():
    with open(PAGE, encoding="utf8") as file:
        page, _ = file.read().split("## Widgets of your own\n")
    kernel = Kernel()
    try:
        for code in re.findall(r"```ts\n(.*?)```", page, re.DOTALL):
            print(json.dumps({"name": code, "failure": failure_of(kernel, code)}), flush=True)
    finally:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)


main()
