#!/usr/bin/python3
"""What lcs -c says about wrong scripts, compared with what stands beside them; TAP.

    python3 test/check-scripts.py LCS DIR [NAME...]

LCS is the program, DIR holds NAME.cfg and NAME.expect; DIR/README.md has the rules. Where DIR
has no expectations, nothing may be said about its scripts.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FIRST_LINE = re.compile(r"^(?P<file>[^:\s][^:]*):(?P<rest>\d+:\d+: (?:error|warning|note)\b.*)")


class Expected:
    def __init__(self, line):
        self.line = line
        self.prefix, *self.texts = line.split(" ~ ")

    def fits(self, said):
        return said.startswith(self.prefix) and all(t in said for t in self.texts)


def match(expected, said):
    """Give each expected line a diagnostic of its own; returns index -> index."""
    owner = {}

    def place(e, tried):
        for s, text in enumerate(said):
            if s in tried or not expected[e].fits(text):
                continue
            tried.add(s)
            if s not in owner or place(owner[s], tried):
                owner[s] = e
                return True
        return False

    for e in range(len(expected)):
        place(e, set())
    return {e: s for s, e in owner.items()}


def run(lcs, name, directory, *options, file=None):
    env = {k: v for k, v in os.environ.items() if k != "LCS_SURELY_NOT_SET"}
    done = subprocess.run([lcs, "-c", *options, file or f"{name}.cfg"], cwd=directory, text=True, errors="replace",
                          env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def replaced(text, suggestion):
    """The bytes of a file after one suggestion was taken; columns count bytes from 1."""
    lines = text.split(b"\n")
    at = [sum(len(l) + 1 for l in lines[:p["line"] - 1]) + p["column"] - 1
          for p in (suggestion["range"]["start"], suggestion["range"]["end"])]
    return text[:at[0]] + suggestion["text"].encode() + text[at[1]:]


def is_syntax(item):
    return item["code"].startswith("E01")


def check_suggestions(lcs, name, directory):
    """What --format=json suggests takes its message away, and breaks no syntax."""
    said = json.loads(run(lcs, name, directory, "--format=json")[1])
    text = (directory / f"{name}.cfg").read_bytes()
    wrong = []
    for item in said:
        if len(item["suggestions"]) != 1 or item["suggestions"][0]["file"] != f"{name}.cfg" or is_syntax(item):
            continue
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".taken-", suffix=".cfg") as taken:
            taken.write(replaced(text, item["suggestions"][0]))
            taken.flush()
            then = json.loads(run(lcs, name, directory, "--format=json", file=taken.name)[1])
        if sum(map(is_syntax, then)) > sum(map(is_syntax, said)):
            wrong.append(f"taking its suggestion breaks the syntax: {item['text']}")
        elif sum(i["text"] == item["text"] for i in then) >= sum(i["text"] == item["text"] for i in said):
            wrong.append(f"taking its suggestion changes nothing: {item['text']}")
    return wrong


def check_right(lcs, name, directory):
    """The same for a script about which there is nothing to say."""
    status, output = run(lcs, name, directory, "--strict")
    return [] if status == 0 else [f"exit status {status}"], output


def check(lcs, name, directory):
    """Complaints about what was said of one script, and all that was said."""
    expected = [Expected(l) for l in (directory / f"{name}.expect").read_text().splitlines() if l.strip()]
    status, output = run(lcs, name, directory)
    said = [m["rest"] for m in map(FIRST_LINE.match, output.splitlines()) if m]
    said = [s for s in said if not re.match(r"\d+:\d+: note\b", s)]
    found = match(expected, said)
    wrong = [f"not said: {e.line}" for i, e in enumerate(expected) if i not in found]
    wrong += [f"said and not expected: {s}" for i, s in enumerate(said)
              if i not in found.values() and re.match(r"\d+:\d+: error\b", s)]
    errors = any("error" in e.line for e in expected)
    if status != (1 if errors else 0):
        wrong.append(f"exit status {status}, not {1 if errors else 0}")
    if not errors and expected:
        strict, _ = run(lcs, name, directory, "--strict")
        if strict != 2:
            wrong.append(f"exit status {strict} under --strict, not 2")
    return wrong + check_suggestions(lcs, name, directory), output


def check_all(lcs, directory, names):
    one = check if any(directory.glob("*.expect")) else check_right
    names = names or sorted(p.stem for p in directory.glob("*.expect" if one is check else "*.cfg"))
    print(f"1..{len(names)}")
    failed = 0
    for n, name in enumerate(names, 1):
        try:
            wrong, output = one(os.path.abspath(lcs), name, directory)
        except (OSError, subprocess.TimeoutExpired) as e:
            wrong, output = [str(e)], ""
        if wrong:
            failed += 1
            heard = [] if any("expected" in w for w in wrong) else output.splitlines()[:6]
            for text in wrong + heard:
                print(f"# {text}")
        print(f"{'not ok' if wrong else 'ok'} {n} - {directory.name}/{name}", flush=True)
    return 1 if failed else 0


def main():
    lcs, directory, names = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3:]
    # The source may be read-only, and what a killed run leaves would be looked at by the next.
    with tempfile.TemporaryDirectory() as scratch:
        copy = shutil.copytree(directory, pathlib.Path(scratch) / directory.name, copy_function=shutil.copyfile)
        os.chmod(copy, 0o700)
        return check_all(lcs, copy, names)


if __name__ == "__main__":
    sys.exit(main())
