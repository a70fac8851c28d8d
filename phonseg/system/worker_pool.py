"""Processes that work for this one, each on one task at a time: if one dies, only the task that it held is lost.

Those of the standard library lose everything that was queued when one of them dies, and run the script that started
them once more. Both ends of the pipes between this process and the others are in this module.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, ParamSpec, TypeVar

from phonseg.system.quiet_stderr import quiet_stderr

P = ParamSpec("P")
T = TypeVar("T")

# A worker finds the modules that this process finds, and none in the folder where it happens to be started.
COMMAND = (
    sys.executable,
    "-P",
    "-c",
    "import sys; sys.path[:] = sys.argv[1:]; import phonseg.system.worker_pool as w; w.serve()",
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PATIENCE = 10.0  # seconds for a process that has nothing to do to end
GRACE = 1.0  # seconds for one that is busy


class _Task(NamedTuple):
    future: Future[Any]
    call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Workers(Executor):
    """An executor whose `count` processes have one compute thread each and start when they are needed.

    A future whose process died raises BrokenExecutor; what is queued is done by a fresh process. `shutdown` waits for
    nothing: what is unfinished then is dropped.
    """

    def __init__(self, count: int) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._busy: set[_Worker] = set()
        self._ended = False
        self._lock = Lock()
        self._threads = [Thread(target=self._attend, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a call; the function, its arguments and its result must be such that they can be pickled."""
        if self._ended:
            raise RuntimeError("The workers have been shut down.")
        future: Future[T] = Future()
        self._tasks.put(_Task(future, (function, args, kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, at once where they are busy. Neither argument changes that."""
        with self._lock:
            self._ended = True
            for worker in self._busy:
                worker.kill()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _attend(self) -> None:
        """What one thread does: hand task after task to a process of its own, and start another if that died."""
        worker: _Worker | None = None
        while (task := self._tasks.get()) is not None:
            if self._ended:
                task.future.cancel()
            if not task.future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or _Worker()
                task.future.set_result(self._result(worker, task))
            except Exception as error:
                if isinstance(error, BrokenExecutor):
                    worker = None
                task.future.set_exception(error)
        if worker:
            worker.end()

    def _result(self, worker: _Worker, task: _Task) -> Any:
        call = pickle.dumps(task.call)
        with self._lock:
            self._busy.add(worker)
            if self._ended:
                worker.kill()
        try:
            answer = worker.ask(call)
        finally:
            with self._lock:
                self._busy.discard(worker)
        succeeded, value = pickle.loads(answer)
        if not succeeded:
            raise value
        return value


class _Worker:
    """One process, seen from this side."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **dict.fromkeys(THREADS, "1")},
            start_new_session=True,  # the terminal's Ctrl-C is for this process, which then ends the other
        )

    def ask(self, call: bytes) -> bytes:
        """The answer to a call. Raises BrokenExecutor if the process died."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            pickle.dump(call, self._process.stdin)
            self._process.stdin.flush()
            answer: bytes = pickle.load(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            code = self.end()
            raise BrokenExecutor(f"signal {-code}" if code < 0 else f"exit code {code}") from error
        return answer

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def end(self) -> int:
        """Let the process end, as it does when nobody can ask it any more. Returns its exit code."""
        try:
            self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        return self._process.returncode


def serve() -> None:
    """What a worker process does: answer calls until nobody can ask any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    calls: SimpleQueue[bytes | None] = SimpleQueue()
    Thread(target=_receive, args=(calls,), daemon=True).start()
    with quiet_stderr():
        while (call := calls.get()) is not None:
            answer = _answer(call)
            try:
                pickle.dump(answer, answers)
                answers.flush()
            except BrokenPipeError:
                os._exit(1)  # nobody is there to be answered


def _receive(calls: SimpleQueue[bytes | None]) -> None:
    try:
        while True:
            calls.put(pickle.load(sys.stdin.buffer))
    except EOFError:  # whoever asked has ended, perhaps by force: end too, even in the middle of a task
        calls.put(None)
        time.sleep(GRACE)
        os._exit(1)


def _answer(call: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(call)
        return pickle.dumps((True, function(*args, **kwargs)))
    except Exception as error:
        return pickle.dumps((False, _portable(error)))


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(repr(error))
    return error
