"""The scripts: which of those behind `make` ends the cluster of the directory; what size.py counts."""

import os
import shutil
import subprocess
import sys

import pytest

from .harness import ROOT


@pytest.fixture
def directory(tmp_path):
    """A directory with scripts/ whose PostgreSQL only writes down what it is told."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for name in ("lib.sh", "stop", "clean"):
        shutil.copy(ROOT / "scripts" / name, scripts)
    postgres = scripts / "postgres"
    postgres.write_text('#!/bin/sh\necho "$1" >>"$(dirname "$0")/../told"\n')
    postgres.chmod(0o755)
    (tmp_path / ".local" / "holders").mkdir(parents=True)
    return tmp_path


def hold(directory, process):
    (directory / ".local" / "holders" / str(process)).touch()


def run(directory, script):
    """(exit code, what PostgreSQL was told) of the script."""
    done = subprocess.run([directory / "scripts" / script], check=False, capture_output=True)
    told = directory / "told"
    return done.returncode, told.read_text().split() if told.exists() else []


def test_stop_leaves_the_cluster_to_another_make(directory):
    hold(directory, os.getpid())
    assert run(directory, "stop") == (0, [])
    assert (directory / ".local" / "holders" / str(os.getpid())).exists()


def test_stop_ends_the_cluster_that_nobody_needs(directory):
    ended = subprocess.Popen(["true"])
    ended.wait()
    hold(directory, ended.pid)
    assert run(directory, "stop") == (0, ["stop"])
    assert run(directory, "stop") == (0, ["stop", "stop"])


def test_clean_refuses_beside_another_make(directory):
    hold(directory, os.getpid())
    assert run(directory, "clean") == (1, [])
    assert (directory / ".local").exists()
    (directory / ".local" / "holders" / str(os.getpid())).unlink()
    assert run(directory, "clean") == (0, [])
    assert not (directory / ".local").exists()


def test_size_counts_the_product():
    command = [sys.executable, ROOT / "scripts/size.py"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert rows.keys() > {"dealer_crm", "dealer_crm_resellers", "bpo_crm", "all"}
    _name, lines, files, longest, path = rows["dealer_crm"]
    assert int(lines) > int(longest) > 0
    assert int(files) > 0
    assert (ROOT / "dealer_crm" / path).read_bytes().count(b"\n") == int(longest)
