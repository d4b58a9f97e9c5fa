"""Hostile packs against a listening server: nothing may be asked for, nothing of this machine may be embedded."""

import http.server
import threading

import pytest

from letters.errors import PaperError
from letters.lint import lint_pack
from letters.render import Renderer
from tests.letters.shipped import changed

SECRET = b"root:x:0:0"


@pytest.fixture
def listener():
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.asked = asked
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


FIRST = '@font-face { font-family: "Letter"; font-weight: 400;'
HOSTILE = {
    "image": {"html": ("<h1>", '<img src="{url}/image.png"><h1>')},
    "style sheet link": {"html": ("<title>", '<link rel="stylesheet" href="{url}/style.css"><title>')},
    "import": {"css": (FIRST, '@import "{url}/import.css";' + FIRST)},
    "background": {"css": ("url(seal.png)", "url({url}/background.png)")},
    "font": {"css": ("url(NotoSansSC-Rare-400.ttf)", "url({url}/font.ttf)")},
    "attachment of a file of this machine": {
        "html": ("<title>", '<link rel="attachment" href="file:///etc/passwd"><title>')
    },
    "object": {"html": ("<h1>", '<object data="{url}/object.svg"></object><h1>')},
    "embed": {"html": ("<h1>", '<embed src="{url}/embed.png"><h1>')},
    "svg image": {"html": ("<h1>", '<svg><image href="{url}/inner.png" width="9" height="9"/></svg><h1>')},
    "data url": {"html": ("<h1>", '<img src="data:image/svg+xml,&lt;svg/&gt;"><h1>')},
    "base": {"html": ("<title>", '<base href="{url}/"><title>')},
    "list marker": {"css": ("h1 {", "h1 { list-style-image: url({url}/marker.png); display: list-item;")},
    "content": {"css": (".dear {", ".dear::before { content: url({url}/content.png) } .dear {")},
    "imported through @font-face local fallback": {
        "css": ("src: url(NotoSansSC-Rare-400.ttf)", 'src: local("NoSuchFont"), url({url}/font.ttf)')
    },
    "style element": {"html": ("<title>", "<style>h1 { background: url({url}/inline.png) }</style><title>")},
    "style attribute": {"html": ("<h1>", '<h1 style="background: url({url}/attribute.png)">')},
}
THE_SIX = ("image", "style sheet link", "import", "background", "font", "attachment of a file of this machine")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pack_asks_for_nothing_embeds_nothing_and_never_passes_the_lint(name, listener, letter):
    url = f"http://127.0.0.1:{listener.server_address[1]}"
    replacements = {part: (old, new.replace("{url}", url)) for part, (old, new) in HOSTILE[name].items()}
    pack = changed(**replacements)
    pdf = b""
    refused = False
    try:
        pdf = Renderer(pack).render(letter).pdf
    except PaperError:
        refused = True
    assert listener.asked == []
    assert SECRET not in pdf
    assert b"EmbeddedFile" not in pdf
    assert refused or name not in THE_SIX
    assert lint_pack(pack)
    assert listener.asked == []


@pytest.mark.parametrize("tag", ["script", "iframe", "form", "input", "svg", "video", "style", "link", "a"])
def test_a_tag_that_has_no_place_in_a_letter_is_a_finding_with_its_line(tag):
    findings = lint_pack(changed(html=("<h1>", f"<{tag}></{tag}><h1>")))
    assert any(
        finding.code == "MARKUP" and f"<{tag}>" in finding.text and "line" in finding.place for finding in findings
    )


@pytest.mark.parametrize("attribute", ['onclick="x()"', 'href="x"', 'style="color:red"', 'srcset="x.png 2x"'])
def test_an_attribute_that_could_act_is_a_finding(attribute):
    findings = lint_pack(changed(html=("<h1>", f"<h1 {attribute}>")))
    assert any(finding.code == "MARKUP" for finding in findings)
