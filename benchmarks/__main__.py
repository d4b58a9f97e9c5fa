"""What can be measured here: each is a command of its own, ``python -m benchmarks.NAME``; its last line is JSON."""

import ast
from pathlib import Path

for file in sorted(Path(__file__).parent.glob("[!_]*.py")):
    text = file.read_text(encoding="utf-8")
    if '__name__ == "__main__"' in text:
        says = (ast.get_docstring(ast.parse(text)) or "").splitlines()[0]
        print(f"python -m benchmarks.{file.stem:<10} {says}")
