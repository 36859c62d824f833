"""First weights: He's, with which the network learns from the first step, or the published ones."""

from torch import nn

CONVOLUTION_BIAS = 0.1
SHARED_DENSE = (0.01, 0.1)
DENSE = (0.001, 0.01)
"""Standard deviation of the weights and value of the biases, as published (spec D1, D6)."""


def he(layer: nn.Module) -> None:
    """Weights from N(0, 2/inputs) and zero biases (He et al. 2015)."""
    for name, parameter in layer.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            nn.init.kaiming_normal_(parameter, nonlinearity="relu")


def published(layer: nn.Module, std: float, bias: float) -> None:
    """Weights from N(0, std²), and all biases alike."""
    for name, parameter in layer.named_parameters():
        if name.endswith("bias"):
            nn.init.constant_(parameter, bias)
        else:
            nn.init.normal_(parameter, std=std)
