#!/usr/bin/python3
"""The scripts of a Markdown file pass the check of the program, without errors or warnings, and
their own tests; TAP.

    python3 test/check-doc-scripts.py LCS FILE...

A script is a block between ```lcs and ``` that begins with "#!lcs 1".
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```lcs\n(#!lcs 1\n.*?)^```$", re.M | re.S)


def run(*words):
    done = subprocess.run(words, text=True, capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=60)
    return done.returncode, done.stdout + done.stderr


def check(lcs, text):
    with tempfile.TemporaryDirectory() as d:
        path = pathlib.Path(d) / "doc.cfg"
        path.write_text(text)
        status, said = run(lcs, "-c", "--strict", str(path))
        if status == 0 and re.search(r'^test "', text, re.M):
            status, said = run(lcs, "test", str(path))
        return status, said


def main():
    lcs = os.path.abspath(sys.argv[1])
    blocks = [(name, m.start(), m.group(1)) for name in sys.argv[2:]
              for text in [pathlib.Path(name).read_text()] for m in BLOCK.finditer(text)]
    print(f"1..{len(blocks) + 1}")
    failed = 0 if blocks else 1
    print(f"{'ok' if blocks else 'not ok'} 1 - the files have scripts")
    for n, (name, at, text) in enumerate(blocks, 2):
        line = pathlib.Path(name).read_text()[:at].count("\n") + 1
        status, said = check(lcs, text)
        if status != 0:
            failed += 1
            for l in said.splitlines():
                print(f"# {l}")
        print(f"{'not ok' if status else 'ok'} {n} - {name}:{line}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
