"""Draw the scenes of the three application chapters, with the truth known.

The pictures are drawn from a seed: unlimited, offline, and the program that drew them
says what is in them. They are not photographs, and what a network does on them is no
promise about the world. A file for each page of ``applications``, and what they share:

- ``driving``: roads, as pixel masks and boxes, by day and night and in fog;
- ``medical``: spots on skin by the ABCD rule;
- ``surveillance``: short clips of a fixed camera;
- ``drawing``: the shapes, noise, layers and boxes that all have in common.
"""

from mnist_tutorial.scenes.driving import (
    CLASSES,
    make_driving_scenes,
    render_driving_scenes,
)
from mnist_tutorial.scenes.medical import make_lesions, redraw_lesions
from mnist_tutorial.scenes.surveillance import (
    CLIP_KINDS,
    draw_yard,
    make_clips,
    zone_mask,
)
