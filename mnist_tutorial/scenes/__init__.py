"""Draw the scenes of the three application chapters, with the truth known.

The pictures are drawings, made from a seed: unlimited, offline, and honest about what
is in them, because the program that drew them says so. They are not photographs, and
what a network does on them is no promise about the world. One file a subject:

- ``driving``: a road with markings, vehicles, pedestrians and a traffic light, as
  pixel masks and boxes, by day and night, in fog and rain (``applications/driving``);
- ``lesions``: spots on skin by the ABCD rule (``applications/medical``);
- ``clips``: short clips of a fixed camera (``applications/surveillance``);
- ``driving_shapes``, ``driving_views``, ``painting``: what ``driving`` draws with;
- ``drawing``: the shapes, blur and noise that they are drawn with;
- ``checks``: what is refused.
"""

from mnist_tutorial.scenes.clips import (
    CLIP_KINDS,
    CLIP_LIGHTS,
    ClipObject,
    Clips,
    draw_clip_object,
    draw_yard,
    make_clips,
    zone_mask,
)
from mnist_tutorial.scenes.driving import (
    CLASSES,
    LIGHT_STATES,
    WEATHERS,
    DrivingDescription,
    DrivingScenes,
    describe_driving_scenes,
    draw_alone,
    make_driving_scenes,
    render_driving_scenes,
)
from mnist_tutorial.scenes.lesions import (
    ABCD,
    LESION_PARTS,
    LesionDescription,
    Lesions,
    make_lesions,
    redraw_lesions,
)

__all__ = [
    "ABCD",
    "CLASSES",
    "CLIP_KINDS",
    "CLIP_LIGHTS",
    "LESION_PARTS",
    "LIGHT_STATES",
    "WEATHERS",
    "ClipObject",
    "Clips",
    "DrivingDescription",
    "DrivingScenes",
    "LesionDescription",
    "Lesions",
    "describe_driving_scenes",
    "draw_alone",
    "draw_clip_object",
    "draw_yard",
    "make_clips",
    "make_driving_scenes",
    "make_lesions",
    "redraw_lesions",
    "render_driving_scenes",
    "zone_mask",
]
