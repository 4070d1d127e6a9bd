"""The program that ``outlook/several_devices`` prints: processes share one search."""

import os
import re
import subprocess
import sys
import time

import optuna
from book_pages import ROOT, TREES, notebooks

SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
FINISHED = re.compile(r"Trial (\d+) finished with value: (\S+) and")


def printed(tree):
    """Return the program as a page prints it."""
    pages = {page.name: page for page in notebooks(tree)}
    text = pages["outlook/several_devices"].cell("search").source
    (program,) = re.findall(r"```python\n(.*?)```", text, re.S)
    return program


def finished(errors):
    """Return {number: value} of the trials that a process says it has finished."""
    return {int(number): float(value) for number, value in FINISHED.findall(errors)}


def test_two_share_a_search_and_one_goes_on_when_the_other_is_killed(tmp_path):
    programs = {printed(tree) for tree in TREES}
    assert len(programs) == 1
    path = str(tmp_path / "trials.log")
    command = [sys.executable, "-c", programs.pop(), path]
    settings = {"env": os.environ | SETTINGS, "stderr": subprocess.PIPE, "text": True}
    lasting, killed = (
        subprocess.Popen([*command, str(trials)], **settings) for trials in (3, 100)
    )
    told = ""
    while not finished(told):
        told += killed.stderr.readline()
        assert killed.poll() is None, told
    time.sleep(0.2)  # within the next trial
    killed.kill()
    told += killed.communicate()[1]
    _, errors = lasting.communicate(timeout=300)
    assert lasting.returncode == 0, errors[-2000:]

    here, there = finished(errors), finished(told)
    assert len(here) == 3 and not here.keys() & there.keys()
    journal = optuna.storages.journal.JournalFileBackend(path)
    storage = optuna.storages.JournalStorage(journal)
    kept = optuna.load_study(study_name="rate", storage=storage).trials
    assert [trial.number for trial in kept] == list(range(len(kept)))
    done = {trial.number: trial for trial in kept if trial.state.name == "COMPLETE"}
    # A trial that was killed between its record and its message is in the file alone.
    assert (here | there).keys() <= done.keys() and len(done) <= len(here | there) + 1
    assert all(done[n].value == value for n, value in (here | there).items())
    left = [trial.state.name for trial in kept if trial.number not in done]
    assert left in ([], ["RUNNING"])
    tried = {trial.params["learning_rate"] for trial in done.values()}
    assert len(tried) == len(done)
