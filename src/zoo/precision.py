"""Which arithmetic a training uses: bfloat16 where the hardware multiplies in it, else 32 bits.

The choice follows from what the hardware can do, never from a timing, so that it is the same at each start. Three more
things decide the speed of a step, elsewhere:

- Huge pages: torch asks for them where `THP_MEM_ALLOC_ENABLE=1` stands in the environment before it is imported, which
  the command line sees to; else a network of 42 million parameters spends a third of its time in page faults.
- Layout: encoders of images get them channels last (`zoo.architecture`). Parameters stay contiguous, because torch's
  fused optimizers of the CPU walk through weights, gradients and momentum by address, and mix up those that lie
  differently in memory without a word (torch 2.15).
- Optimizers: `fused: true` in their YAML files.
"""

import torch

BF16, FULL = "bf16-mixed", "32-true"
"""Lightning's names."""


def choose(accelerator: str = "auto") -> tuple[str, str]:
    """The precision for a Trainer on this accelerator, and one reason for the log."""
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return of_gpu()
    if accelerator == "cpu" or not torch.accelerator.is_available():
        return of_cpu()
    return FULL, f"on {torch.accelerator.current_accelerator()} nothing else was tried"


def of_gpu() -> tuple[str, str]:
    """For the current CUDA or ROCm device."""
    name = torch.cuda.get_device_name()
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return BF16, f"{name} multiplies in bfloat16"
    return FULL, f"{name} only emulates bfloat16"


def of_cpu() -> tuple[str, str]:
    """For this processor, as torch sees it: with AVX512 alone bfloat16 would be emulated, slower than 32 bits."""
    found = getattr(torch.cpu, "get_capabilities", dict)()  # an older torch does not say: then 32 bits
    fast = [name for name in ("amx_bf16", "avx512_bf16") if found.get(name)]
    if fast and torch.backends.mkldnn.is_available():
        return BF16, f"this processor multiplies in bfloat16 by {fast[0]}"
    return FULL, "this processor has no bfloat16 instructions"
