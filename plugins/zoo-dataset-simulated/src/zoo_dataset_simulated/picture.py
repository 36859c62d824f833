"""From fluxes to the picture volunteers saw: an asinh stretch, JPEG, and enlargement to 424 pixels."""

import io

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from zoo_dataset_simulated.canvas import SIZE

IMAGE_SIZE = 424
WEIGHTS = np.array([0.86, 1.0, 1.36], np.float32)  # of i, r, g: a galaxy of g-r = 0.7 comes out warm white
SLOPE, SOFTENING = 1.5, 7.0  # brightness of faint light per nanomaggy, and Q of the stretch

Bands = Float[np.ndarray, "band height width"]
Picture = UInt8[np.ndarray, "height width band"]


def asinh_stretch(flux: Bands, slope: float = SLOPE, softening: float = SOFTENING) -> Float[np.ndarray, "colour height width"]:
    """g, r, i fluxes to red, green, blue in [0, 1] (Lupton et al. 2004, eq. 2 and sec. 2): the hue is kept.

    All three are scaled by asinh(Q a I) / (Q I) with I their mean, so that bright cores keep their colour; a pixel
    with a colour above 1 is scaled down as a whole.
    """
    rgb = flux[::-1] * WEIGHTS[:, None, None]
    mean = np.maximum(rgb.mean(0), np.float32(1e-6))
    rgb = np.clip(rgb, 0, None) * (np.arcsinh(np.float32(softening * slope) * mean) / (np.float32(softening) * mean))
    return rgb / np.maximum(rgb.max(0), 1)


def develop(rgb: Float[np.ndarray, "colour height width"]) -> Picture:
    """The camera's frame as a JPEG, enlarged and cut to 424 pixels, and stored as a JPEG again, as the survey served it."""
    frame = Image.fromarray(np.rint(rgb.transpose(1, 2, 0) * 255).astype(np.uint8))
    large = jpeg(frame, 85).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    margin = (SIZE - IMAGE_SIZE) // 2
    return np.asarray(jpeg(large.crop((margin, margin, margin + IMAGE_SIZE, margin + IMAGE_SIZE)), 75))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The image after a round through JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
