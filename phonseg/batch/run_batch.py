"""Recordings and a task -> files, in folders like those of the recordings, and a record for each recording."""

from __future__ import annotations

import os
import pickle
from collections.abc import Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import closing, nullcontext
from queue import SimpleQueue

from phonseg.audio.find import Places, search
from phonseg.batch.jobs import Job, Place, plan_jobs
from phonseg.batch.large_files import LargeFilePlaces
from phonseg.batch.outputs import Outputs
from phonseg.batch.progress import Progress
from phonseg.batch.records.manifest import Shard
from phonseg.batch.records.record import Record
from phonseg.batch.task import WORDS, Task, WorkerResult, work_on
from phonseg.errors import ConfigurationError, ModelError
from phonseg.system.worker_pool import Workers
from phonseg.timeline.provenance import Provenance

MOST_PER_CORE = 4  # processes: more of them only take memory


def run_batch(
    inputs: Places,
    output: Place | None,
    task: Task,
    *,
    into: Place | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    shard: Shard | None = None,
    progress: bool = True,
) -> list[Record]:
    """Does a task with recordings and writes the files of each; if one fails, it is still done with the others.

    Args:
        inputs: recordings, and folders, which are searched with the folders inside them.
        output: the output folder; subfolders of the inputs are kept. None to write beside the recordings.
        task: what is made of each recording.
        into: instead of `output`, an existing TextGrid, for one recording, or a folder of TextGrids.
        overwrite: whether files that are up to date, or that phonseg did not make, are replaced too.
        jobs: how many processes work, each on one recording at a time, at most four per processor core; None for one
            per processor core.
        executor: runs the work instead of `jobs`; it is not shut down.
        shard: (i, n) for the i-th of n parts of the recordings, counted from 1.
        progress: whether a bar is shown.

    Returns:
        One record for each recording, in order.

    Raises:
        ConfigurationError: if an option is out of its range.
        TextGridError: if `into` does not exist.
        AudioError: if an input does not exist, or a folder holds no recording.
        ModelError: if the model cannot be loaded.
        OutputError: if the folder cannot be written to, or the disk is full.
    """
    if jobs is not None and jobs < 1:
        raise ConfigurationError(f"jobs is {jobs}. Give 1 or more.")
    if jobs is not None and executor is not None:
        raise ConfigurationError(f"jobs is {jobs}, but there is an executor. Leave one of them out.")
    planned = plan_jobs(search(inputs), output, shard, suffixes=task.suffixes, into=into)
    if not planned:  # this shard has no recordings
        return []
    n_workers = 1 if executor else min(jobs or _cores(), MOST_PER_CORE * _cores(), len(planned))
    with (
        closing(Outputs(planned, task=task, shard=shard, overwrite=overwrite)) as outputs,
        closing(LargeFilePlaces(planned)) as places,
        nullcontext(executor) if executor else Workers(n_workers) as workers,
    ):
        provenance = _load_model(workers, task, n_workers)
        waiting = [job for job in planned if not outputs.settles(job, provenance)]
        _work(waiting, task, workers, outputs, places, progress)
    return [outputs.record(job) for job in planned]


def _cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _load_model(workers: Executor, task: Task, n_workers: int) -> Provenance:
    """Lets all workers load the model at the same time; returns the provenance of the files."""
    name = task.model_name
    try:
        first, *_ = [workers.submit(task.provenance) for _ in range(n_workers)]
        return first.result()
    except BrokenExecutor as error:
        raise ModelError(f"{name}: the process that loaded it died ({error}). Is there enough memory?") from error
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"{name}: this model cannot be handed to another process ({error}). Save it and give the path of the "
            "file, or give executor=ThreadPoolExecutor()."
        ) from error


def _work(
    waiting: Sequence[Job], task: Task, workers: Executor, outputs: Outputs, places: LargeFilePlaces, progress: bool
) -> None:
    """Does the task with the recordings, and writes the files of each as soon as it is done."""
    bar = Progress(waiting, WORDS[task.command].doing, shown=progress)
    with closing(bar), closing(_finished(workers, task, waiting, places)) as finished:
        for job, future in finished:
            _conclude(outputs, job, future)
            places.clear(job)
            bar.advance(job, outputs.record(job))


def _finished(
    workers: Executor, task: Task, waiting: Sequence[Job], places: LargeFilePlaces
) -> Generator[tuple[Job, Future[WorkerResult]]]:
    """Every job once it is done. The largest are begun first, so that none of them runs alone at the end."""
    done: SimpleQueue[Future[WorkerResult]] = SimpleQueue()
    unfinished: dict[Future[WorkerResult], Job] = {}
    try:
        for job in sorted(waiting, key=lambda job: job.size, reverse=True):
            future = _submitted(workers, task, job, places)
            unfinished[future] = job
            future.add_done_callback(done.put)
        while unfinished:
            future = done.get()
            yield unfinished.pop(future), future
    finally:
        for future in unfinished:
            future.cancel()


def _submitted(workers: Executor, task: Task, job: Job, places: LargeFilePlaces) -> Future[WorkerResult]:
    try:
        return workers.submit(work_on, task, job.recording.absolute(), places.of(job))
    except Exception as error:  # an executor of the caller's may have broken down
        future: Future[WorkerResult] = Future()
        future.set_exception(error)
        return future


def _conclude(outputs: Outputs, job: Job, future: Future[WorkerResult]) -> None:
    """Writes the files of a recording, or records why there are none."""
    try:
        result = future.result()
    except ModelError:
        raise  # without the model nothing can be made of any recording
    except BrokenExecutor as error:
        advice = "Run the same command again; if memory is short, with fewer jobs."
        outputs.fail(job, f"{job.recording}: the process that worked on it died ({error}). {advice}")
    except Exception as error:
        outputs.fail(job, error)
    else:
        outputs.place(job, result)
