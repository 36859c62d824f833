"""What every part with weights must do: keep its state in its state dict, and move between types and processes."""

from __future__ import annotations

import copy
import io
import pickle
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from zoo.testing.check import check
from zoo.testing.part import PartConformance

SEED = 20130711


class ModuleConformance(PartConformance):
    """The checks that architectures and heads share."""

    @abstractmethod
    def module(self) -> nn.Module:
        """The part as zoo builds it, with fresh weights."""

    @abstractmethod
    def inputs(self, module: nn.Module, n: int) -> Tensor:
        """Input of the module's `forward` for n galaxies, the same at each call."""

    @abstractmethod
    def objective(self, module: nn.Module, outputs: Tensor) -> Tensor:
        """A loss to train with in the checks."""

    def galaxies(self, inputs: Tensor, index: Any) -> Tensor:
        """The inputs of some galaxies."""
        return inputs[index]

    @contextmanager
    def example(self) -> Iterator[nn.Module]:
        """The module; it needs no files."""
        yield self.module()

    def fresh(self) -> nn.Module:
        """The module with the same weights each time, in training mode."""
        return copy.deepcopy(_built(type(self))).train()

    def rested(self) -> nn.Module:
        """The module with the same weights each time, in eval mode."""
        return copy.deepcopy(_built(type(self))).eval()

    @check(
        why="the same seed must give the same run, whatever was built before",
        fix="draw initial weights from torch's generator only, and seed it nowhere",
    )
    def test_seed_gives_the_weights(self) -> None:
        weights, after = [], []
        for seed in (SEED, SEED, SEED + 1):
            torch.manual_seed(seed)
            weights.append(self.module().state_dict())
            after.append(torch.get_rng_state())
        assert same(*weights[:2]), "two modules built with one seed have different weights"
        assert not torch.equal(*after[1:]), "it seeds torch's generator by itself, so that every seed gives one result"

    @check(
        why="a galaxy must get the same numbers however often it is asked about",
        fix="use randomness and batch statistics in training mode only",
    )
    def test_eval_is_deterministic(self) -> None:
        module = self.rested()
        first, second = (outputs(module, self.inputs(module, 4)) for _ in range(2))
        assert torch.equal(first, second), f"two passes in eval mode differ by up to {gap(first, second):.2g}"

    @check(
        why="a catalogue must not depend on the batch size",
        fix="let no galaxy see another in eval mode: no batch statistics, no sums over the galaxy axis",
    )
    def test_galaxies_are_independent(self) -> None:
        module = self.rested()
        inputs = self.inputs(module, 4)
        together = outputs(module, inputs)
        alone = torch.cat([outputs(module, self.galaxies(inputs, [k])) for k in range(4)])
        turned = outputs(module, self.galaxies(inputs, [3, 1, 0, 2]))
        assert close(together, alone), f"one batch of 4 and four of 1 differ by up to {gap(together, alone):.2g}"
        assert close(together[[3, 1, 0, 2]], turned), "another order of galaxies is not another order of results"

    @check(
        why="the caller goes on using its tensor",
        fix="do not write into the argument of forward: no in-place operation as the first one",
    )
    def test_inputs_stay_untouched(self) -> None:
        module = self.rested()
        inputs = self.inputs(module, 2)
        outputs(module, inputs)
        assert torch.equal(inputs, self.inputs(module, 2)), "forward changed its input"

    @check(
        why="a parameter without gradient is never trained, and stops distributed training",
        fix="use every parameter in forward, make buffers of constants, and detach nothing",
    )
    def test_gradients_reach_every_parameter(self) -> None:
        module = self.fresh()
        for parameter in module.parameters():
            if not parameter.any():  # a residual branch may begin with the weight zero
                nn.init.uniform_(parameter, 0.05, 0.1)
        self.objective(module, module(self.inputs(module, 8))).backward()
        named = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
        dead = [name for name, gradient in named.items() if gradient is None or not gradient.any()]
        assert not dead, f"no gradient reaches {', '.join(dead[:5])}"
        wild = [name for name, gradient in named.items() if not gradient.isfinite().all()]
        assert not wild, f"the gradient of {', '.join(wild[:5])} is not finite"

    @check(
        why="training follows the gradient downhill",
        fix="look for a wrong sign, a detached part or a custom backward that does not belong to its forward",
    )
    def test_step_lowers_the_loss(self) -> None:
        module = self.fresh()
        inputs, start = self.inputs(module, 8), copy.deepcopy(module.state_dict())
        before, losses = self.seeded_loss(module, inputs), []
        before.backward()
        slopes = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
        length = sum(slope.square().sum() for slope in slopes.values()).sqrt()
        for stride in (1e-1, 1e-2, 1e-3, 1e-4):
            module.load_state_dict(start)
            with torch.no_grad():
                for name, parameter in module.named_parameters():
                    if name in slopes:
                        parameter -= stride * slopes[name] / length
                losses.append(self.seeded_loss(module, inputs).item())
            if losses[-1] < before.item():
                return
        raise AssertionError(f"steps against the gradient take the loss from {before.item():.6g} to {min(losses):.6g}")

    def seeded_loss(self, module: nn.Module, inputs: Tensor) -> Tensor:
        """The objective in training mode with the same dropout each time."""
        torch.manual_seed(SEED)
        return self.objective(module, module(inputs))

    @check(
        why="a shared model is a safetensors file, and must be the trained one to the last bit",
        fix="keep all that prediction needs in parameters and buffers",
    )
    def test_safetensors_keep_the_model(self) -> None:
        trained, other = self.fresh(), self.module()
        self.train(trained, 1)
        written = save({name: tensor.contiguous().clone() for name, tensor in trained.state_dict().items()})
        other.load_state_dict(load(written))
        assert same(trained.state_dict(), other.state_dict()), "the weights differ after writing and reading"
        inputs = self.inputs(other, 2)
        assert torch.equal(outputs(trained.eval(), inputs), outputs(other.eval(), inputs)), (
            "a model with the same weights gives other outputs: something it learnt is not in its state dict"
        )

    @check(
        why="checkpoints are read with weights_only=True, which knows tensors and plain values",
        fix="keep other objects out of the state dict (`get_extra_state`, buffers that are no tensors)",
    )
    def test_state_is_plain(self) -> None:
        file, state = io.BytesIO(), self.rested().state_dict()
        torch.save(state, file)
        file.seek(0)
        assert same(state, torch.load(file, weights_only=True)), "the state differs after reading"

    @check(
        why="a training that was killed goes on as if it had not been",
        fix="keep counters and moving averages in buffers, not in plain attributes",
    )
    def test_training_resumes_exactly(self) -> None:
        through, first, second = self.fresh(), self.fresh(), self.fresh()
        optimizer = self.train(through, 1)
        self.train(through, 1, optimizer, start=1)
        state = self.train(first, 1).state_dict()
        second.load_state_dict(first.state_dict())
        resumed = torch.optim.SGD(second.parameters(), lr=1e-4, momentum=0.9)
        resumed.load_state_dict(state)
        self.train(second, 1, resumed, start=1)
        assert same(through.state_dict(), second.state_dict()), "2 steps and 1 + 1 steps give different weights"

    def train(
        self, module: nn.Module, steps: int, optimizer: torch.optim.Optimizer | None = None, start: int = 0
    ) -> torch.optim.Optimizer:
        """A few steps on the same galaxies, each seeded by its number."""
        optimizer = optimizer or torch.optim.SGD(module.parameters(), lr=1e-4, momentum=0.9)
        for step in range(start, start + steps):
            torch.manual_seed(step)
            optimizer.zero_grad()
            self.objective(module, module(self.inputs(module, 4))).backward()
            optimizer.step()
        return optimizer

    @check(
        why="a galaxy that cannot be measured must not look like one that was",
        fix="let NaN through (no nan_to_num), or raise a ZooError",
    )
    def test_nan_stays_visible(self) -> None:
        from zoo.errors import ZooError

        module = self.rested()
        inputs = self.inputs(module, 3)
        healthy = outputs(module, inputs)
        self.galaxies(inputs, slice(1, 2))[:] = float("nan")
        try:
            found = outputs(module, inputs)
        except ZooError:
            return
        assert not found[1].isfinite().all(), "a galaxy of NaN gives finite numbers"
        assert close(found[[0, 2]], healthy[[0, 2]]), "a galaxy of NaN changes the others of its batch"

    @check(why="averaged weights and sweeps copy models", fix="keep what cannot be copied out of the module")
    def test_copies(self) -> None:
        module = self.rested()
        inputs = self.inputs(module, 2)
        twin, expected = copy.deepcopy(module), outputs(module, inputs)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.zero_()
        assert torch.equal(outputs(twin, inputs), expected), "a copy shares weights with the original"

    @check(
        why="distributed training sends the module to other processes",
        fix="keep lambdas, local classes, open files and generators out of the module's attributes",
    )
    def test_pickles(self) -> None:
        module = self.rested()
        inputs = self.inputs(module, 2)
        twin = pickle.loads(pickle.dumps(module))  # our own bytes, made a moment ago
        assert torch.equal(outputs(module, inputs), outputs(twin, inputs)), "it gives other outputs after pickling"

    @check(
        why="gradients are checked in float64, and networks train in bfloat16",
        fix="create tensors in forward with the dtype and device of its input, not with torch's default",
    )
    def test_dtypes(self) -> None:
        module = self.rested()
        inputs = self.inputs(module, 2)
        single = outputs(module, inputs)
        with torch.autocast("cpu", torch.bfloat16):
            half = outputs(module, inputs)
        double = outputs(module.double(), inputs.double())
        assert single.dtype == torch.float32, f"float32 gives {single.dtype}"
        assert double.dtype == torch.float64, f"float64 gives {double.dtype}"
        assert close(single, double.float(), 1e-3), f"float32 and float64 differ by up to {gap(single, double):.2g}"
        assert half.isfinite().all(), "autocast to bfloat16 gives numbers that are not finite"

    @check(
        why="a model is built on the CPU and used on a GPU",
        fix="register tensors as parameters or buffers, and create new ones on the device of the input",
    )
    def test_moves_to_a_device(self) -> None:
        module = self.rested()
        with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True) as mode:  # follows devices, needs none
            module._apply(lambda tensor: mode.from_tensor(tensor).to("cuda"))
            try:
                found = module(self.inputs(module, 2).to("cuda"))
                loss = self.objective(module, found)
            except DataDependentOutputException as asked:
                pytest.skip(f"forward waits for a number from the device ({asked}): right, slow, and not followed here")
        assert found.device.type == loss.device.type == "cuda", (
            f"outputs are on {found.device}, the loss on {loss.device}"
        )


@lru_cache(maxsize=1)
def _built(kit: type[ModuleConformance]) -> nn.Module:
    """One module of a conformance class, built once and only ever copied: large networks take seconds to initialise."""
    torch.manual_seed(SEED)
    return kit().module()


@torch.no_grad()
def outputs(module: nn.Module, inputs: Tensor) -> Tensor:
    """What the module makes of the inputs."""
    return module(inputs)


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    """Whether two state dicts hold the same bits."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def close(first: Tensor, second: Tensor, tolerance: float = 1e-5) -> bool:
    """Whether two tensors agree to a fraction of their largest value."""
    return torch.allclose(first, second, rtol=0, atol=tolerance * max(1.0, second.abs().max().item()), equal_nan=True)


def gap(first: Tensor, second: Tensor) -> float:
    """The largest difference."""
    return (first - second).abs().max().item()
