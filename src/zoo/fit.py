"""From a configuration to a run folder, and from a run folder to a trained model.

`python -m zoo.fit FOLDER` goes on where that run stands: `zoo train`, every job of a sweep and every rank of a
many-device training walk through here.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zoo import atomic, build, datamodule, features, measurements, packages, ranks, registry, source, stages
from zoo.dataset import fingerprint
from zoo.errors import DONE, INTERRUPTED, STOPPED, UNEXPECTED, Incompatible, ZooError
from zoo.log import speak
from zoo.run import Run, deciding, difference, essence, name
from zoo.worker import end_with_starter

log = logging.getLogger("zoo")

GROUPS = ("dataset", "augmenter", "architecture", "head", "optimizer", "scheduler", "logger")
SHOWN = 3


def choices_of(names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Name, provider and version of the part chosen in each group. Raises UnknownPart."""
    parts = {group: registry.find(group, names[group]) for group in GROUPS if names.get(group)}
    return {g: {"name": p.name, "provider": p.provider, "version": p.version} for g, p in parts.items()}


def values_of(cfg: Any) -> dict[str, Any]:
    """The values of a composed configuration as plain Python: no Hydra, no `_target_`."""
    from omegaconf import OmegaConf

    def plain(values: Any) -> Any:
        if isinstance(values, dict):
            return {k: plain(v) for k, v in values.items() if not (isinstance(k, str) and k.startswith("_"))}
        return [plain(v) for v in values] if isinstance(values, list) else values

    ours = OmegaConf.masked_copy(cfg, [key for key in cfg if key != "hydra"])
    return plain(OmegaConf.to_container(ours, resolve=True, throw_on_missing=True))


def prepare(choices: Mapping[str, Any], config: Mapping[str, Any]) -> Run:
    """The run folder of a configuration, made if it is new.

    Raises Incompatible for parts that cannot work together, and ZooError where one is not chosen, or where the folder
    cannot be written or holds other values, data or versions of parts than those asked for.
    """
    for group in registry.KINDS:
        build.named(choices, group)
    datamodule.refuse_nothing({key: config[key] for key in ("batch_size", "chunk") if config.get(key) is not None})
    dataset = build.prepared_dataset(choices, config)
    data = fingerprint(dataset)
    run = Run(Path(config["runs"]) / name(choices, config, data))
    if begun(run, config):
        refuse_changes(run, choices, config, data)
        if not run.finished:
            return told_anew(run, choices, config)
        source.warn_of_changes(run.folder, choices, deciding(choices))
        return run
    planned = stages.read(config["stages"])
    for stage in planned:
        stage.length(1, config["budget"])
    model = build.model(choices, config, dataset.schema, dataset.num_bands)
    for stage in planned:
        stages.trained_modules(stage.train, model)
        if stage.cache_features:
            features.refuse_moving(stage, model, dataset[0].image)
    measurements.attach(dataset, model.augmenter, config.get("measurements"))
    if config.get("weights"):
        from zoo import transfer

        transfer.begin_with(Path(config["weights"]), model)
    make_folder(run, choices, config, {"fingerprint": data, "galaxies": len(dataset)})
    return run


def place(choices: Mapping[str, Any], config: Mapping[str, Any]) -> Run:
    """The run that a configuration stands for, whether there is its folder or not."""
    data = fingerprint(build.prepared_dataset(choices, config))
    return Run(Path(config["runs"]) / name(choices, config, data))


def begun(run: Run, config: Mapping[str, Any]) -> bool:
    """Whether there is a run to go on with."""
    return (run.folder / "data.json").is_file() and not config.get("rerun", False)


def make_folder(run: Run, choices: Mapping[str, Any], config: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """Write what a run begins with. Raises Busy, and ZooError where the folder cannot be written."""
    try:
        run.folder.mkdir(parents=True, exist_ok=True)
        with run.locked():
            if begun(run, config):  # by another process, while this one built the model
                return
            run.clear()
            run.tell(choices, config)
            run.say("new")
            source.write(run.folder, choices)
            atomic.write_json(run.folder / "data.json", data)
    except OSError as error:
        raise ZooError(
            f"The run folder {run.folder} cannot be written ({error.strerror}): choose another with runs=DIR.",
            "E-RUN-WRITE",
        ) from error


def told_anew(run: Run, choices: Mapping[str, Any], config: Mapping[str, Any]) -> Run:
    """An unfinished run with what may differ this time: places of files, devices, workers, logger.

    One that another process has finished meanwhile stays as it is. Raises ZooError while another process trains it.
    """
    with run.locked():
        if not run.finished:
            run.tell(choices, config)
    return Run(run.folder)


def refuse_changes(run: Run, choices: Mapping[str, Any], config: Mapping[str, Any], data: str) -> None:
    """Raise if an existing folder no longer is what its name says: edited values, other data, other versions.

    A finished run stays what it is whatever is installed now.
    """
    changed = difference(essence(run.config), essence(config))
    changed += [] if run.finished else difference(deciding(run.choices), deciding(choices))
    known = atomic.read_json(run.folder / "data.json")["fingerprint"]
    changed += [] if known == data else [f"data {known[:12]}→{data[:12]}"]
    if changed:
        restore = packages.remedies(run.choices, deciding(run.choices)) or "restore them"
        raise ZooError(
            f"{run.folder} was begun with other values ({'; '.join(changed[:SHOWN])}): {restore} to go on, or give "
            "rerun=true to start afresh.",
            "E-RESUME-CONFIG",
        )


def train(run: Run) -> Run:
    """Train the model of a run to its end, from wherever it stands; a finished run is left as it is.

    Raises NonFinite, Stopped and CheckpointError as `zoo.errors` says, and ZooError for data that cannot be used.
    """
    if run.finished:
        return run
    with run.locked(), telling(run):
        if run.finished:  # by another process, while this one waited
            return run
        packages.require(run.choices, run.choices)
        packages.warn_of_others(run.choices, run.choices)
        source.warn_of_changes(run.folder, run.choices, deciding(run.choices))
        run.say("running")
        if many_devices(run):
            return ranks.train(run, num_devices(run))
        return completed(run)


def completed(run: Run) -> Run:
    """Train in this process."""
    from zoo.training import Training

    Training(run).complete()
    return run


@contextmanager
def telling(run: Run) -> Iterator[None]:
    """Write to `status.json` what ends the work on a run, if something does."""
    try:
        yield
    except BaseException as error:
        state, code = ended(error)
        if run.status["state"] in ("starting", "running"):  # the first rank that ends says why
            named = getattr(error, "code", None) if isinstance(error, ZooError) else None
            run.say(state, reason=ranks.told(error), exit_code=code, code=named)
        raise


def ended(error: BaseException) -> tuple[str, int]:
    """The state of a run and the exit code after an error."""
    if isinstance(error, KeyboardInterrupt | SystemExit):  # a second Ctrl-C, or one that Lightning took
        return "stopped", INTERRUPTED
    if isinstance(error, ZooError):
        asked_to = error.exit_code in (STOPPED, INTERRUPTED)
        return "skipped" if isinstance(error, Incompatible) else "stopped" if asked_to else "failed", error.exit_code
    return "failed", UNEXPECTED


def many_devices(run: Run) -> bool:
    """Whether this process has to start several ranks."""
    return "TORCHELASTIC_RUN_ID" not in os.environ and num_devices(run) > 1


def num_devices(run: Run) -> int:
    """How many devices a run trains on. Raises ZooError for what is no number of them."""
    from zoo.environment import devices

    return devices(run.config["trainer"].get("devices", 1), run.config["trainer"]["accelerator"])


def main(words: list[str]) -> int:
    """The entry of a job or rank: train the run in the folder named; the exit code of a rank is always 0."""
    speak()
    is_rank = "TORCHELASTIC_RUN_ID" in os.environ
    try:
        run = Run.open(Path(words[0]))
        if run.finished:
            log.warning("%s is finished", run.folder)
            return DONE
        if not is_rank:
            train(run)
        elif not ranks.refused(run):
            end_with_starter()
            with telling(run):
                completed(run)
        return DONE
    except (ZooError, KeyboardInterrupt) as error:
        print(f"zoo.fit: {error} [{getattr(error, 'code', 'E-STOPPED')}]", file=sys.stderr)
        return DONE if is_rank else ended(error)[1]


if __name__ == "__main__":
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    sys.exit(main(sys.argv[1:]))
