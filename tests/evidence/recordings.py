"""Recordings as phones make them: small ones that open, and what is wrong with others."""

import base64
import hashlib
import io
import struct
import wave

from PIL import Image

from fieldops.db import uuid7


def jpeg(width=64, height=48, *, noise=0):
    """A photo; ``noise`` bytes of comment make it as long as a test wants."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 60)).save(made, "JPEG")
    data = made.getvalue()
    comments = b""
    while noise > 0:
        piece = min(noise, 65_000)
        comments += (
            b"\xff\xfe" + struct.pack(">H", piece + 2) + hashlib.sha256(str(noise).encode()).digest()[:1] * piece
        )
        noise -= piece
    return data[:2] + comments + data[2:]


def png(width=64, height=48):
    made = io.BytesIO()
    Image.new("L", (width, height), 200).save(made, "PNG")
    return made.getvalue()


def wav(seconds=1, *, rate=8000):
    """A recording of silence, two bytes a sample."""
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(2 * rate * seconds))
    return made.getvalue()


def amr(seconds=1):
    """Frames of silence descriptors' longest mode, twenty milliseconds each."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * (50 * seconds)


def box(name, content):
    return struct.pack(">I4s", 8 + len(content), name) + content


def mp4(handler=b"soun", *, seconds=60, bytes_=100):
    """An MP4 with one track."""
    header = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, 1000 * seconds) + bytes(80))
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12))))
    return box(b"ftyp", b"isom" + bytes(8)) + box(b"mdat", bytes(bytes_)) + box(b"moov", header + track)


def slot(data, kind="PHOTO_DOOR", **changes):
    """How a result declares a recording."""
    told = {"id": str(uuid7()), "kind": kind, "sha256": hashlib.sha256(data).hexdigest(), "length": len(data)}
    return told | changes


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


class Uploader:
    """A tus client that says exactly what a test wants it to."""

    def __init__(self, client):
        self.client = client

    def ask(self, method, path="", body=b"", **headers):
        told = {"Tus-Resumable": "1.0.0"} | {name.replace("_", "-"): value for name, value in headers.items()}
        told = {name: value for name, value in told.items() if value is not None}
        return self.client.open(f"/api/v1/mobile/uploads{path}", method=method, headers=told, data=body)

    def create(self, declared, **headers):
        metadata = f"slot {b64(declared['id'])},sha256 {b64(declared['sha256'])}"
        told = {"Upload_Length": str(declared["length"]), "Upload_Metadata": metadata} | headers
        return self.ask("POST", **told)

    def head(self, declared, **headers):
        return self.ask("HEAD", f"/{declared['id']}", **headers)

    def offset(self, declared):
        return int(self.head(declared).headers["Upload-Offset"])

    def patch(self, declared, offset, body, **headers):
        told = {"Content_Type": "application/offset+octet-stream", "Upload_Offset": str(offset)} | headers
        return self.ask("PATCH", f"/{declared['id']}", body, **told)

    def send(self, declared, data, *, chunk=None):
        """Create and send everything; the last answer."""
        answer = self.create(declared)
        assert answer.status_code == 201, answer.text
        for start in range(0, len(data), chunk or len(data)):
            answer = self.patch(declared, start, data[start : start + (chunk or len(data))])
            if answer.status_code != 204:
                break
        return answer
