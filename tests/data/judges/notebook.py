"""Runs a notebook and says how many pictures and tables came of it: notebook.py NOTEBOOK."""

import json
import sys

import nbclient
import nbformat

notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
assert all(not cell.get("outputs") for cell in notebook.cells), "it is kept without what came of it"
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
said = [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
assert not said, said
data = [output.data for output in outputs if "data" in output]
tables = [one["text/plain"] for one in data if "text/html" in one]
assert not any("Empty DataFrame" in table for table in tables), tables
print(json.dumps({"pictures": sum("image/png" in one for one in data), "tables": len(tables)}))
