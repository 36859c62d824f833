"""What a training leaves in its run folder: the last weights, what is needed to use them, metrics and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoo import atomic, datamodule, environment, evaluation, metrics, pictures, weights
from zoo.run import WEIGHTS

if TYPE_CHECKING:
    from zoo.training import Training


def leave(training: Training) -> None:
    """Measure the last weights and write what remains; `finished` is said last."""
    run, folder, dataset, rows = training.run, training.run.folder, training.dataset, training.validation_rows
    digest = weights.write(folder / WEIGHTS, training.model.state_dict())
    atomic.write_json(folder / "model.json", description(training, digest))
    model = training.model.to(environment.device(training.config["trainer"]["accelerator"]))
    reading = datamodule.reading(training.config)
    predicted, target = evaluation.predictions(model, dataset, rows, training.config["batch_size"], **reading)
    variance = None if dataset.label_variance is None else dataset.label_variance[rows]
    measured = metrics.summarise(
        model.head.metrics, predicted, target, training.baseline, seed=training.config["seed"], variance=variance
    )
    pictures.loss_curve(training.lit.history, folder / "loss.png")
    pictures.predictions(dataset, rows, predicted.numpy(), folder / "predictions.png")
    atomic.write_json(folder / "metrics.json", {"metrics": measured, "n": len(target), "split": "validation"})
    run.say("finished", step=training.lit.step)
    if not training.config["keep_checkpoints"]:
        training.checkpoints.clear()


def description(training: Training, digest: str) -> dict[str, Any]:
    """What `model.json` says: everything needed to use the weights elsewhere, and no path."""
    return {
        "format": 1,
        "sha256": digest,
        "schema": training.dataset.schema.to_dict(),
        "num_bands": training.dataset.num_bands,
        "baseline": [float(value) for value in training.baseline],
        "parts": {group: dict(part) for group, part in training.run.choices.items()},
    }
