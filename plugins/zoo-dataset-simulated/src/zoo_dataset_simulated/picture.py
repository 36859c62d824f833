"""From fluxes to the picture that volunteers saw: an asinh stretch, JPEG, and enlargement to 424 pixels."""

import io

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from zoo_dataset_simulated.canvas import SIZE, Bands

IMAGE_SIZE = 424
WEIGHTS = np.array([0.86, 1.0, 1.36], np.float32)  # of i, r, g; measured so that colours agree with the survey's JPEGs
SLOPE, SOFTENING = 1.5, 7.0  # likewise: brightness of faint light per nanomaggy and camera pixel, and Q
FRAME_QUALITY, CUTOUT_QUALITY = 85, 75  # of the camera's frame, and of the JPEGs of the Kaggle challenge

Colour = Float[np.ndarray, "colour height width"]
Picture = UInt8[np.ndarray, "424 424 3"]


def asinh_stretch(flux: Bands, slope: float = SLOPE, softening: float = SOFTENING) -> Colour:
    """g, r and i fluxes to red, green and blue in [0, 1] (Lupton et al. 2004, sec. 2): hues are kept.

    All three are scaled by asinh(Q a I) / (Q I), I their mean, so that bright cores keep their colour; where one would
    exceed 1, all are scaled down.
    """
    rgb = flux[::-1] * WEIGHTS[:, None, None]
    mean = np.maximum(rgb.mean(0), 1e-6)
    rgb = np.clip(rgb, 0, None) * (np.arcsinh(softening * slope * mean) / (softening * mean))
    return rgb / np.maximum(rgb.max(0), 1)


def develop(rgb: Colour) -> Picture:
    """The camera's frame stored as JPEG, enlarged, cut to 424 pixels and stored again, as the survey served it."""
    frame = Image.fromarray(np.rint(rgb.transpose(1, 2, 0) * 255).astype(np.uint8))
    large = through_jpeg(frame, FRAME_QUALITY).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    near, far = (SIZE - IMAGE_SIZE) // 2, (SIZE + IMAGE_SIZE) // 2
    return np.asarray(through_jpeg(large.crop((near, near, far, far)), CUTOUT_QUALITY))


def through_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The image as it comes out of a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
