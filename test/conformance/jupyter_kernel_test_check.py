"""Runs jupyter_kernel_test in full against the kernelspec `vitrine` on JUPYTER_PATH, and nbclient over a notebook.

Usage: jupyter_kernel_test_check.py NOTEBOOK. Each test reports as a line of JSON on stdout; a skipped one has failed.
"""

import json
import sys
import traceback
import unittest

import jupyter_kernel_test
import nbformat
from jupyter_kernel_test.msgspec_v5 import validate_message
from nbclient import NotebookClient

NOTEBOOK = sys.argv[1]
# Only turns a hang into a failure.
HANG_S = 180
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def patient(get_msg):
    """The tests give some messages a tenth of a second, which a busy machine may not keep."""

    async def get(timeout=None):
        return await get_msg(timeout=HANG_S)

    return get


class VitrineKernelTests(jupyter_kernel_test.KernelTests):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for channel in (cls.kc.shell_channel, cls.kc.iopub_channel):
            channel.get_msg = patient(channel.get_msg)

    def flush_channels(self):
        """Reads what there is, up to the answer of one more request, instead of until nothing comes for a while."""
        message_id = self.kc.execute("", silent=True)  # kernel_info would overtake the idle of the request before
        for get, is_last in (
            (self.kc.get_shell_msg, lambda message: True),
            (self.kc.get_iopub_msg, lambda message: message["content"].get("execution_state") == "idle"),
        ):
            while True:
                message = get(timeout=HANG_S)
                validate_message(message)
                if message["parent_header"].get("msg_id") == message_id and is_last(message):
                    break

    kernel_name = "vitrine"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    completion_samples = [
        {"text": "'a'.toUpper", "matches": {"toUpperCase"}},
        {"text": "Math.hyp", "matches": {"hypot"}},
        {"text": "process.pla", "matches": {"platform"}},
    ]
    complete_code_samples = ["1", "let a: number = 1", "function f() {\n  return 1;\n}", "await Promise.resolve(1)"]
    incomplete_code_samples = ["function f() {", "[1, 2,", "`a template", "f(1,"]
    invalid_code_samples = ["let = 1 1", "a b c )", "1 +* 2"]
    code_page_something = "page('a long text')"
    code_generate_error = "throw new Error('boom')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'text'", "result": "'text'"},
        {"code": "[1, 2, 3].map((n) => n * n)", "result": "[ 1, 4, 9 ]"},
        {
            "code": "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>shown</b>' }) })",
            "mime": "text/html",
            "result": "<b>shown</b>",
        },
    ]
    code_display_data = [
        {"code": "displayRaw({ 'text/html': '<b>1</b>' })", "mime": "text/html"},
        {"code": "await display({ a: 1 })", "mime": "text/plain"},
        {
            "code": "displayRaw({ 'image/png': new Uint8Array([137, 80, 78, 71]) })",
            "mime": "image/png",
        },
    ]
    code_history_pattern = "6 * ?"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.max"
    code_clear_output = "clearOutput({ wait: true })"


class NotebookTests(unittest.TestCase):
    def test_nbclient_executes_the_first_notebook(self):
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        client = NotebookClient(notebook, kernel_name="vitrine", timeout=HANG_S)
        client.execute()
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for number, cell in enumerate(cells, start=1):
            self.assertEqual(cell.execution_count, number)
        shown = [output.get("data", {}) for cell in cells for output in cell.outputs]
        views = [data[WIDGET_VIEW]["model_id"] for data in shown if WIDGET_VIEW in data]
        self.assertGreaterEqual(len(views), 3)
        states = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
        for model_id in views:
            self.assertEqual(states[model_id]["model_name"], "AnyModel")
        nbformat.validate(notebook)


class Reporter(unittest.TestResult):
    """One line per test; a failed subtest is a failure of its test."""

    def __init__(self):
        super().__init__()
        self.reasons = {}

    def startTest(self, test):
        super().startTest(test)
        self.reasons[test.id()] = []

    def note(self, test, error):
        text = error if isinstance(error, str) else "".join(traceback.format_exception(*error))
        self.reasons.setdefault(getattr(test, "test_case", test).id(), []).append(text)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.note(subtest, error)

    def addFailure(self, test, error):
        self.note(test, error)

    def addError(self, test, error):
        self.note(test, error)
        if not hasattr(test, "_testMethodName"):
            print(json.dumps({"name": str(test), "failure": self.reasons[test.id()][-1]}), flush=True)

    def addSkip(self, test, reason):
        self.note(test, f"skipped: {reason}")

    def stopTest(self, test):
        failure = "\n".join(self.reasons[test.id()]) or None
        name = test._testMethodName.replace("test_", "").replace("_", " ")
        print(json.dumps({"name": name, "failure": failure}), flush=True)
        super().stopTest(test)


unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]).run(Reporter())
