from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, wait
from pickle import PicklingError

import pytest

from phonseg.errors import AudioError
from phonseg.system.worker_pool import Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(2) as made:
        yield made


def test_results_are_those_of_the_functions(workers: Workers) -> None:
    assert list(workers.map(divmod, range(50), [7] * 50)) == [divmod(i, 7) for i in range(50)]
    assert workers.submit(int, "ff", base=16).result() == 255


def test_the_work_is_done_elsewhere_with_one_compute_thread(workers: Workers) -> None:
    assert workers.submit(os.getpid).result() != os.getpid()
    assert workers.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
    assert workers.submit(os.getcwd).result() == os.getcwd()


def test_an_error_comes_back_and_the_process_goes_on(workers: Workers) -> None:
    with pytest.raises(ZeroDivisionError, match="modulo by zero"):
        workers.submit(divmod, 1, 0).result()
    with pytest.raises(AudioError, match=r"x\.wav: is empty"):
        workers.submit(exec, "from phonseg.errors import AudioError\nraise AudioError('x.wav: is empty')").result()
    with pytest.raises(RuntimeError, match="Homeless"):  # an error of a kind that only the worker knows
        workers.submit(exec, "class Homeless(Exception): pass\nraise Homeless()").result()
    with pytest.raises((AttributeError, PicklingError), match="local object"):  # no result that can be sent
        workers.submit(eval, "(lambda: lambda: 0)()").result()
    with pytest.raises((AttributeError, PicklingError), match="local object"):  # no task that can be sent
        workers.submit(lambda: 0).result()
    assert workers.submit(abs, -1).result() == 1


def test_what_a_task_prints_is_no_answer(workers: Workers, capfd: pytest.CaptureFixture[str]) -> None:
    assert workers.submit(print, "said", flush=True).result() is None
    assert workers.submit(os.write, 1, b"written\n").result() == 8
    said = capfd.readouterr()
    assert said.out == ""
    assert "written" in said.err


def test_what_a_library_in_c_complains_of_is_dropped_but_what_python_says_is_shown(
    workers: Workers, capfd: pytest.CaptureFixture[str]
) -> None:
    assert workers.submit(os.write, 2, b"in C\n").result() == 5
    workers.submit(exec, "import sys; print('in Python', file=sys.stderr)").result()
    assert capfd.readouterr().err == "in Python\n"


def test_a_process_that_dies_takes_its_task_alone_with_it(workers: Workers) -> None:
    tasks = [workers.submit(abs, i) for i in range(20)]
    fatal = [workers.submit(os._exit, 3), workers.submit(os.abort), workers.submit(signal.raise_signal, signal.SIGKILL)]
    later = [workers.submit(abs, i) for i in range(20)]
    assert [task.result() for task in tasks + later] == [*range(20), *range(20)]
    for task, why in zip(fatal, ("exit code 3", "signal 6", "signal 9"), strict=True):
        with pytest.raises(BrokenExecutor, match=why):
            task.result()


def test_a_process_that_is_killed_from_outside_is_replaced() -> None:
    with Workers(1) as workers:
        process = workers.submit(os.getpid).result()
        held, queued = workers.submit(time.sleep, 60), workers.submit(os.getpid)
        while not held.running():
            time.sleep(0.01)
        os.kill(process, signal.SIGKILL)
        with pytest.raises(BrokenExecutor, match="signal 9"):
            held.result()
        assert queued.result() != process


def test_ctrl_c_is_not_for_the_workers(workers: Workers) -> None:
    assert workers.submit(signal.raise_signal, signal.SIGINT).result() is None
    assert workers.submit(os.getsid, 0).result() != os.getsid(0)


def test_shutdown_waits_for_nothing_and_leaves_nobody() -> None:
    threads = threading.active_count()
    with Workers(2) as workers:
        idle = workers.submit(os.getpid).result()
        held = workers.submit(time.sleep, 600)
        while not held.running():
            time.sleep(0.01)
        more = [workers.submit(time.sleep, 600) for _ in range(3)]
    done, not_done = wait([held, *more], timeout=0)
    assert not not_done
    assert any(task.cancelled() for task in done)
    with pytest.raises(ProcessLookupError):
        os.kill(idle, 0)
    assert threading.active_count() == threads
    with pytest.raises(RuntimeError, match="shut down"):
        workers.submit(abs, 1)


def test_a_task_that_was_cancelled_is_not_done() -> None:
    with Workers(1) as workers:
        held, cancelled, last = (workers.submit(time.sleep, 0.1), workers.submit(os._exit, 1), workers.submit(abs, 2))
        assert cancelled.cancel()
        assert (held.result(), last.result()) == (None, 2)


def test_workers_end_when_the_process_that_they_work_for_is_killed() -> None:
    script = (
        "import time; from phonseg.system.worker_pool import Workers\n"
        "workers = Workers(2)\n"
        "workers.submit(abs, 1).result()\n"
        "tasks = [workers.submit(time.sleep, 600) for _ in range(2)]\n"
        "while not all(task.running() for task in tasks): time.sleep(0.01)\n"
        "print('busy', flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as boss:
        assert boss.stdout
        assert boss.stderr
        assert boss.stdout.readline() == "busy\n"
        boss.kill()
        assert boss.stderr.read() == ""  # to its end, which comes when the last of those that could write to it is gone


def test_a_script_needs_no_guard() -> None:
    script = (
        "from phonseg.system.worker_pool import Workers\n"
        "with Workers(2) as workers: print(*workers.map(abs, [-1, -2]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1 2\n", "")
