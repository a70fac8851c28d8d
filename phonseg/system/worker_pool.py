"""Calls of functions -> their results, from processes that each work on one call at a time.

If a process dies, only the call that it worked on is lost. The executors of the standard library lose all queued calls
when one process dies, and run the script that started them once more. Both ends of the pipes between this process and
the workers are in this module.
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
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeVar

from phonseg.system.quiet_stderr import quiet_stderr
from phonseg.system.standard_streams import open_descriptors

P = ParamSpec("P")
T = TypeVar("T")
Call = Callable[[], Any]  # a function with its arguments

# A worker finds the modules that this process finds, and none in the folder where it happens to be started.
SCRIPT = "import sys; sys.path[:] = sys.argv[1:]; import phonseg.system.worker_pool as w; w.serve()"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PATIENCE = 10.0  # seconds that an idle process has to end
GRACE = 1.0  # seconds that a busy process has to end


class Workers(Executor):
    """An executor whose processes have one compute thread each and start when they are needed.

    A future whose process died raises BrokenExecutor; a fresh process takes the calls that are still queued.
    `shutdown` waits for no call: unfinished calls are dropped.

    Args:
        count: how many processes work at the same time, 1 or more.
    """

    def __init__(self, count: int) -> None:
        self._tasks: SimpleQueue[tuple[Future[Any], Call] | None] = SimpleQueue()
        self._busy: set[_Worker] = set()
        self._ended = False
        self._lock = Lock()
        self._threads = [Thread(target=self._attend, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queues a call.

        Args:
            function: what a worker calls. It, its arguments and its result must be such that pickle can copy them.
            args: its positional arguments.
            kwargs: its keyword arguments.

        Returns:
            The future of its result.

        Raises:
            RuntimeError: if the workers have been shut down.
        """
        if self._ended:
            raise RuntimeError("The workers have been shut down.")
        future: Future[T] = Future()
        self._tasks.put((future, partial(function, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the processes; busy processes are killed.

        Args:
            wait: changes nothing.
            cancel_futures: changes nothing.
        """
        with self._lock:
            self._ended = True
            for worker in self._busy:
                worker.kill()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _attend(self) -> None:
        """What one thread does: hand call after call to a process of its own, and start another if that died."""
        worker: _Worker | None = None
        while (task := self._tasks.get()) is not None:
            future, call = task
            if self._ended:
                future.cancel()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or _started()
                future.set_result(self._result(worker, call))
            except Exception as error:
                if isinstance(error, BrokenExecutor):
                    worker = None
                future.set_exception(error)
        if worker:
            worker.end()

    def _result(self, worker: _Worker, call: Call) -> Any:
        question = pickle.dumps(call)
        with self._lock:
            self._busy.add(worker)
            if self._ended:
                worker.kill()
        try:
            answer = worker.ask(question)
        finally:
            with self._lock:
                self._busy.discard(worker)
        succeeded, value = pickle.loads(answer)
        if not succeeded:
            raise value
        return value


class _Worker(subprocess.Popen[bytes]):
    """One worker process, as this process sees it."""

    def __init__(self) -> None:
        super().__init__(
            [sys.executable, "-P", "-c", SCRIPT, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The libraries that a worker loads do not survive their own warnings, if these are errors.
            env={**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONWARNINGS": ""},
            start_new_session=True,  # the terminal's Ctrl-C is for this process, which then ends the other
        )

    def ask(self, question: bytes) -> bytes:
        """Returns the answer to a pickled call; raises BrokenExecutor if the process died."""
        assert self.stdin
        assert self.stdout
        try:
            pickle.dump(question, self.stdin)
            self.stdin.flush()
            answer: bytes = pickle.load(self.stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            code = self.end()
            raise BrokenExecutor(f"signal {-code}" if code < 0 else f"exit code {code}") from error
        return answer

    def end(self) -> int:
        """Lets the process end, as it does when no call can reach it any more; returns its exit code."""
        try:
            self.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            self.communicate()
        return self.returncode


def _started() -> _Worker:
    try:
        return _Worker()
    except OSError as error:
        raise BrokenExecutor(f"it could not be started: {error.strerror}") from error


def serve() -> None:
    """Answers calls until none can come any more; this is all that a worker process does."""
    open_descriptors()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    questions: SimpleQueue[bytes | None] = SimpleQueue()
    Thread(target=_receive, args=(questions,), daemon=True).start()
    with quiet_stderr():
        while (question := questions.get()) is not None:
            answer = _answer(question)
            try:
                pickle.dump(answer, answers)
                answers.flush()
            except BrokenPipeError:
                os._exit(1)  # the process that asked has ended


def _receive(questions: SimpleQueue[bytes | None]) -> None:
    try:
        while True:
            questions.put(pickle.load(sys.stdin.buffer))
    except EOFError:  # the process that asks has ended, perhaps by force: end too, even in the middle of a call
        questions.put(None)
        time.sleep(GRACE)
        os._exit(1)


def _answer(question: bytes) -> bytes:
    try:
        return pickle.dumps((True, pickle.loads(question)()))
    except Exception as error:
        return pickle.dumps((False, _portable(error)))


def _portable(error: Exception) -> Exception:
    """The error, or its text as a RuntimeError if pickle cannot copy it."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(repr(error))
    return error
