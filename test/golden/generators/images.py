"""images.json: files of images written by Pillow, their pixels, and what Pillow's resize and colours give."""
import base64
import io

import numpy as np
from PIL import Image, ImageEnhance

from .fill import filled
from .writing import document, row

ABOUT = [
    "Image files written by Pillow (in base64) and their pixels as convert('RGB') gives them, as (height, width, 3) "
    "bytes in base64; of 16-bit grey, the upper 8 bits.",
    "Images that are resized or recoloured as (height, width, 3) bytes floor(256 * filled(size, key, 0, 1)), and the "
    "bytes of the result, in base64.",
    "Hues are those of torchvision's adjust_hue, which adds to the bytes of Pillow's HSV.",
]


def pixels(key, height, width, channels=3):
    values = filled([height, width, channels], key, 0, 1).astype(np.float64)
    return np.floor(256 * values).astype(np.uint8)


def smooth(height, width):
    """An image without sharp edges, which JPEG keeps."""
    small = Image.fromarray(pixels("images/smooth", 4, 5))
    return small.resize((width, height), Image.BICUBIC)


def encoded(values):
    return base64.b64encode(bytes(values)).decode()


def rgb(image):
    return encoded(np.asarray(image.convert("RGB")).tobytes())


def file(name, image, options=None, expected=None):
    stream = io.BytesIO()
    image.save(stream, "JPEG" if name.endswith("jpg") else "PNG", **(options or {}))
    read = Image.open(io.BytesIO(stream.getvalue()))
    content = rgb(read) if expected is None else expected
    return {"key": name, "width": image.width, "height": image.height, "file": encoded(stream.getvalue()),
            "rgb": content}


def files():
    photo = smooth(19, 26)
    grey16 = np.floor(65536 * filled([7, 9], "images/grey16", 0, 1).astype(np.float64)).astype(np.uint16)
    upper = np.repeat((grey16 >> 8).astype(np.uint8)[..., None], 3, axis=2)
    rgba = Image.fromarray(pixels("images/rgba", 7, 9, 4), "RGBA")
    return [
        file("420.jpg", photo, {"quality": 90}),
        file("422.jpg", photo, {"quality": 90, "subsampling": 1}),
        file("444.jpg", photo, {"quality": 95, "subsampling": 0}),
        file("progressive.jpg", photo, {"quality": 85, "progressive": True}),
        file("grey.jpg", photo.convert("L"), {"quality": 90}),
        file("cmyk.jpg", photo.convert("CMYK"), {"quality": 95}),
        file("rgb.png", photo),
        file("rgba.png", rgba),
        file("grey-alpha.png", rgba.convert("LA")),
        file("grey.png", photo.convert("L")),
        file("palette.png", photo.convert("P", palette=Image.ADAPTIVE, colors=200)),
        file("palette4.png", photo.convert("P", palette=Image.ADAPTIVE, colors=11), {"bits": 4}),
        file("palette2.png", photo.convert("P", palette=Image.ADAPTIVE, colors=3), {"bits": 2, "transparency": 1}),
        file("bilevel.png", photo.convert("1")),
        file("grey16.png", Image.fromarray(grey16.astype(np.int32), "I"), None, encoded(upper.tobytes())),
    ]


def resized(height, width, to):
    key = f"images/resize/{height}x{width}"
    image = Image.fromarray(pixels(key, height, width))
    result = image.resize((to[1], to[0]), Image.BILINEAR)
    return {"key": key, "height": height, "width": width, "to": list(to), "bytes": rgb(result)}


def hue(image, shift):
    h, s, v = image.convert("HSV").split()
    moved = (np.asarray(h).astype(np.int64) + int(shift * 255)).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(moved, "L"), s, v)).convert("RGB")


COLORS = {
    "brightness": lambda image, factor: ImageEnhance.Brightness(image).enhance(factor),
    "contrast": lambda image, factor: ImageEnhance.Contrast(image).enhance(factor),
    "saturation": lambda image, factor: ImageEnhance.Color(image).enhance(factor),
    "hue": hue,
}


def recolored(name, factor):
    key = f"images/{name}/{factor}"
    values = pixels(key, 12, 15)
    values[:2] = values[:2, :, :1]  # shades of grey, which have no hue
    return {"key": key, "change": name, "factor": factor, "height": 12, "width": 15,
            "bytes": rgb(COLORS[name](Image.fromarray(values), factor))}


def generate():
    sizes = [(13, 17, (6, 9)), (9, 5, (20, 11)), (12, 12, (12, 5)), (12, 12, (31, 12)), (1, 1, (3, 2)), (40, 3, (1, 1))]
    factors = {"hue": [-0.5, -0.123, 0.004, 0.3, 0.5]}
    colors = [recolored(name, factor) for name in COLORS for factor in factors.get(name, [0.0, 0.4, 1.3, 2.5])]
    return {"about": ABOUT, "cases": [*files(), *(resized(*size) for size in sizes), *colors]}


def layout(data):
    return document(data["about"], "cases", map(row, data["cases"]))


def tolerance(path):
    return 0, 0
