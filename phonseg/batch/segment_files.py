"""Many recordings -> many files, in folders like those they came from."""

from __future__ import annotations

import os
import pickle
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import ExitStack, closing
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from phonseg.annotation.writers import Layout
from phonseg.audio.channels import Channel
from phonseg.audio.find import Places, search
from phonseg.batch.jobs import Job, Place, plan_jobs
from phonseg.batch.manifest import Record, Shard
from phonseg.batch.outputs import Outputs
from phonseg.batch.progress import Progress
from phonseg.batch.worker_task import WorkerResult, WorkerTask, segment_one
from phonseg.errors import ConfigurationError, ModelError, PhonsegError
from phonseg.model.options import SegmentOptions
from phonseg.system.worker_pool import Workers
from phonseg.timeline.segmentation import Provenance

if TYPE_CHECKING:
    from phonseg.model.segmenter import Segmenter


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
    """Segment recordings and write a TextGrid or other files for each; one that cannot be read stops no other.

    inputs: recordings, and folders, which are searched with the folders inside them. output: the folder in which the
    tree below each input folder is mirrored; None to write beside the recordings. model, sensitivity, rate, channel: as
    in `phonseg.segment`. formats, labels, tier, check: which files, see `phonseg.annotation.writers.Layout`. into:
    instead of `output`, a TextGrid that is there, for one recording, or a folder of them: the tiers are added to it,
    and nothing else in it changes; a tier of that name is replaced if it is phonseg's and untouched, else only with
    `overwrite`. jobs: how many processes work, each on one recording at a time; None for as many as there are processor
    cores. executor: instead, whatever is to do the work, like those of `concurrent.futures`; it is left running. shard:
    (i, n) for the i-th of n parts of the recordings, counted from 1, so that n computers share them.

    A file that is there already is made again only if phonseg made it and the recording, the model or a setting has
    changed since. One that phonseg did not make, or that was changed afterwards (somebody may have corrected it), is
    left as it is. With `overwrite` everything is done again. A record stays in `output`, or in each input folder (the
    folder of a recording that was given alone) if that is None; see `phonseg.batch.manifest`.

    Returns one record for each recording, in order. Raises ConfigurationError if two recordings would have the same
    files, an option is out of range or a format needs a package that is missing; TextGridError if `into` does not
    exist; AudioError if an input does not exist or a folder holds no recording; ModelError if the model cannot be
    loaded; OutputError if the folder cannot be written to or the disk is full.
    """
    if jobs is not None and jobs < 1:
        raise ConfigurationError(f"jobs is {jobs}. Give 1 or more.")
    if jobs is not None and executor is not None:
        raise ConfigurationError(f"jobs is {jobs}, but there is an executor. Leave one of them out.")
    layout = Layout(tuple(formats), labels, tier, check)
    task = WorkerTask(SegmentOptions(_absolute(model), sensitivity, rate, channel), layout)
    planned = plan_jobs(search(inputs), output, shard, suffixes=layout.suffixes, into=into)
    if not planned:  # this shard has none
        return []
    with ExitStack() as stack:
        outputs = stack.enter_context(closing(Outputs(planned, shard=shard, overwrite=overwrite, tiers=layout.tiers)))
        count = min(jobs or _cores(), len(planned)) if executor is None else 1
        executor = executor or stack.enter_context(Workers(count))
        provenance = _prepare(executor, task, count)
        waiting = [item for item in planned if not outputs.settles(item, provenance)]
        bar = stack.enter_context(closing(Progress(waiting, shown=progress)))
        for item, future in stack.enter_context(closing(_results(executor, task, waiting))):
            _conclude(outputs, item, future)
            bar.advance(item, outputs.records[item.target])
    return [outputs.records[item.target] for item in planned]


def _absolute(model: Segmenter | str | Path) -> Segmenter | str | Path:
    """The work may be done in another folder."""
    return os.path.abspath(model) if isinstance(model, (str, Path)) and model != "default" else model


def _cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare(executor: Executor, task: WorkerTask, count: int) -> Provenance:
    model = task.options.model
    name = model if isinstance(model, (str, Path)) else model.name
    try:
        # As often as there are workers, so that all of them load the model at the same time.
        first, *_ = [executor.submit(task.provenance) for _ in range(count)]
        return first.result()
    except PhonsegError:
        raise
    except BrokenExecutor as error:
        raise ModelError(f"{name}: the process that loaded it died ({error}). Is there enough memory?") from error
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"{name}: this segmenter cannot be handed to another process ({error}). Save it and give the path of the "
            "file, or give executor=ThreadPoolExecutor()."
        ) from error


def _results(
    executor: Executor, task: WorkerTask, waiting: Sequence[Job]
) -> Generator[tuple[Job, Future[WorkerResult]]]:
    """Every recording once it is dealt with. The largest are begun first, lest one of them be waited for at the end."""
    done: SimpleQueue[Future[WorkerResult]] = SimpleQueue()
    items: dict[Future[WorkerResult], Job] = {}
    try:
        for item in sorted(waiting, key=lambda item: item.size, reverse=True):
            future = executor.submit(segment_one, task, item.recording.absolute())
            items[future] = item
            future.add_done_callback(done.put)
        while items:
            future = done.get()
            yield items.pop(future), future
    finally:
        for future in items:
            future.cancel()


def _conclude(outputs: Outputs, item: Job, future: Future[WorkerResult]) -> None:
    try:
        result = future.result()
    except ModelError:
        raise  # nothing can be done without the model
    except PhonsegError as error:
        outputs.fail(item, str(error))
    except BrokenExecutor as error:
        outputs.fail(
            item,
            f"{item.recording}: the process that worked on it died ({error}). "
            "Run the same command again; if memory is short, with fewer jobs.",
        )
    except Exception as error:
        outputs.fail(
            item, f"{item.recording}: cannot be segmented ({error!r}). This is a mistake of phonseg's: report it."
        )
    else:
        outputs.place(item, result)
