"""Many recordings -> TextGrids or other files, in folders like those of the recordings, and a record for each."""

from __future__ import annotations

import os
import pickle
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import closing, nullcontext
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from phonseg.annotation.writers import Layout
from phonseg.audio.channels import Channel
from phonseg.audio.find import Places, search
from phonseg.batch.jobs import Job, Place, plan_jobs
from phonseg.batch.outputs import Outputs
from phonseg.batch.progress import Progress
from phonseg.batch.records.manifest import Shard
from phonseg.batch.records.record import Record
from phonseg.batch.worker_task import WorkerResult, WorkerTask, segment_one
from phonseg.errors import ConfigurationError, ModelError
from phonseg.model.options import SegmentOptions
from phonseg.system.worker_pool import Workers
from phonseg.timeline.provenance import Provenance

if TYPE_CHECKING:
    from phonseg.model.segmenter import Segmenter

MOST_PER_CORE = 4  # processes: more of them only take memory


def segment_files(
    inputs: Places,
    output: Place | None = None,
    *,
    model: Segmenter | str | Path = "default",
    sensitivity: float | None = None,
    rate: float | None = None,
    channel: Channel = "mix",
    formats: Iterable[str] = ("textgrid",),
    labels: str = "numbers",
    tier: str = "phones",
    check: int = 0,
    into: Place | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    shard: Shard | None = None,
    progress: bool = True,
) -> list[Record]:
    """Segments recordings and writes a TextGrid or other files for each; if one fails, the others are still segmented.

    An existing file is made again only if phonseg made it, and the recording, the model or a setting has changed since.
    A file that phonseg did not make, or that was changed afterwards (a person may have corrected it), is left alone.
    With `overwrite` everything is made again. The records are kept in `output`, or, if that is None, in each input
    folder (for a recording that was given by itself: in its folder); see `phonseg.batch.records.manifest`.

    Args:
        inputs: recordings, and folders, which are searched with the folders inside them.
        output: the output folder; subfolders of the inputs are kept. None to write beside the recordings.
        model: "default", a Segmenter, or the path of a model file.
        sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
        rate: instead, boundaries per second of speech, 0 or more.
        channel: "mix", or the number of one channel, counted from 1.
        formats: one or more of textgrid, csv, json, ctm, audacity and elan.
        labels: "numbers" (from 1) or "empty".
        tier: the name of the interval tier in TextGrids and ELAN files.
        check: how many of the least certain decisions to mark in a point tier of the TextGrid; 0 for no such tier.
        into: instead of `output`, an existing TextGrid, for one recording, or a folder of TextGrids. The tiers are
            added to it, and nothing else in it changes. A tier of the same name is replaced if phonseg made it and
            nobody has changed the file, otherwise only with `overwrite`.
        overwrite: whether files that are up to date, or that phonseg did not make, are replaced too.
        jobs: how many processes work, each on one recording at a time, at most four per processor core; None for one
            per processor core.
        executor: runs the work instead of `jobs`, such as an executor of `concurrent.futures`; it is not shut down.
        shard: (i, n) for the i-th of n parts of the recordings, counted from 1, so that n computers can share them.
        progress: whether a bar is shown.

    Returns:
        One record for each recording, in order. Recordings that would have the same files, such as x.wav and x.mp3, are
        failed, all of them.

    Raises:
        ConfigurationError: if an option is out of its range, both a sensitivity and a rate are given, or a format needs
            a package that is missing.
        TextGridError: if `into` does not exist.
        AudioError: if an input does not exist, or a folder holds no recording.
        ModelError: if the model cannot be loaded.
        OutputError: if the folder cannot be written to, or the disk is full.
    """
    if jobs is not None and jobs < 1:
        raise ConfigurationError(f"jobs is {jobs}. Give 1 or more.")
    if jobs is not None and executor is not None:
        raise ConfigurationError(f"jobs is {jobs}, but there is an executor. Leave one of them out.")
    layout = Layout(tuple(formats), labels, tier, check)
    task = WorkerTask(SegmentOptions(_absolute(model), sensitivity, rate, channel), layout)
    planned = plan_jobs(search(inputs), output, shard, suffixes=layout.suffixes, into=into)
    if not planned:  # this shard has no recordings
        return []
    n_workers = 1 if executor else min(jobs or _cores(), MOST_PER_CORE * _cores(), len(planned))
    with (
        closing(Outputs(planned, shard=shard, overwrite=overwrite, tiers=layout.tiers)) as outputs,
        nullcontext(executor) if executor else Workers(n_workers) as workers,
    ):
        provenance = _load_model(workers, task, n_workers)
        waiting = [job for job in planned if not outputs.settles(job, provenance)]
        _segment(waiting, task, workers, outputs, progress)
    return [outputs.record(job) for job in planned]


def _absolute(model: Segmenter | str | Path) -> Segmenter | str | Path:
    """The model, by its absolute path, since the workers may run in another folder."""
    return os.path.abspath(model) if isinstance(model, (str, Path)) and model != "default" else model


def _cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _load_model(workers: Executor, task: WorkerTask, n_workers: int) -> Provenance:
    """Lets all workers load the model at the same time; returns the provenance of the files."""
    model = task.options.model
    name = model if isinstance(model, (str, Path)) else model.name
    try:
        first, *_ = [workers.submit(task.provenance) for _ in range(n_workers)]
        return first.result()
    except BrokenExecutor as error:
        raise ModelError(f"{name}: the process that loaded it died ({error}). Is there enough memory?") from error
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"{name}: this segmenter cannot be handed to another process ({error}). Save it and give the path of the "
            "file, or give executor=ThreadPoolExecutor()."
        ) from error


def _segment(waiting: Sequence[Job], task: WorkerTask, workers: Executor, outputs: Outputs, progress: bool) -> None:
    """Segments the recordings, and writes the files of each as soon as it is done."""
    with closing(Progress(waiting, shown=progress)) as bar, closing(_finished(workers, task, waiting)) as finished:
        for job, future in finished:
            _conclude(outputs, job, future)
            bar.advance(job, outputs.record(job))


def _finished(
    workers: Executor, task: WorkerTask, waiting: Sequence[Job]
) -> Generator[tuple[Job, Future[WorkerResult]]]:
    """Every job once it is done. The largest are begun first, so that none of them runs alone at the end."""
    done: SimpleQueue[Future[WorkerResult]] = SimpleQueue()
    unfinished: dict[Future[WorkerResult], Job] = {}
    try:
        for job in sorted(waiting, key=lambda job: job.size, reverse=True):
            future = _submitted(workers, task, job)
            unfinished[future] = job
            future.add_done_callback(done.put)
        while unfinished:
            future = done.get()
            yield unfinished.pop(future), future
    finally:
        for future in unfinished:
            future.cancel()


def _submitted(workers: Executor, task: WorkerTask, job: Job) -> Future[WorkerResult]:
    try:
        return workers.submit(segment_one, task, job.recording.absolute())
    except Exception as error:  # an executor of the caller's may have broken down
        future: Future[WorkerResult] = Future()
        future.set_exception(error)
        return future


def _conclude(outputs: Outputs, job: Job, future: Future[WorkerResult]) -> None:
    """Writes the files of a recording, or records why there are none."""
    try:
        result = future.result()
    except ModelError:
        raise  # no recording can be segmented without the model
    except BrokenExecutor as error:
        advice = "Run the same command again; if memory is short, with fewer jobs."
        outputs.fail(job, f"{job.recording}: the process that worked on it died ({error}). {advice}")
    except Exception as error:
        outputs.fail(job, error)
    else:
        outputs.place(job, result)
