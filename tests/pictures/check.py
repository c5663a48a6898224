"""Opens pages in headless Chromium, as people see them: wide and narrow, light and dark.

usage: check.py CHROMIUM FOLDER   looks at every page of the folder, and puts what it saw beside them (.png)
"""

import base64
import contextlib
import html
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile

# Seconds in which a browser on a busy machine says something.
PATIENCE = 180

# What is judged in the page itself; the answer is a list of complaints.
LOOK = r"""
(() => {
  const wrong = [], width = window.innerWidth;
  if (document.documentElement.scrollWidth > width)
    wrong.push(`it is ${document.documentElement.scrollWidth} wide`);
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  const contrast = (color) => {
    const [a, b] = [luminance(color), paper].sort();
    return (b + 0.05) / (a + 0.05);
  };
  for (const element of document.querySelectorAll("h1, h1 b, h2, p, td, td b, th, small, pre, .chip, .x span, .y span")) {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (contrast(style.color) < 4.5) wrong.push(`<${element.localName}> ${style.color} can't be read`);
    if (parseFloat(style.fontSize) < 12) wrong.push(`<${element.localName}> is ${style.fontSize} small`);
    if (element.localName === "span" && (box.left < 0 || box.right > width)) wrong.push(`${element.textContent} is cut`);
  }
  for (const axis of document.querySelectorAll(".x")) {
    const boxes = [...axis.children].map((tick) => tick.getBoundingClientRect());
    boxes.slice(1).forEach((box, i) => { if (box.left < boxes[i].right) wrong.push("the texts of an axis overlap"); });
  }
  for (const chart of document.querySelectorAll(".chart")) {
    const label = chart.querySelector(".label").getBoundingClientRect();
    for (const tick of chart.querySelectorAll(".y span"))
      if (tick.getBoundingClientRect().top < label.bottom) wrong.push(`${tick.textContent} covers the axis's name`);
  }
  for (const line of document.querySelectorAll("path.line")) {
    if (contrast(getComputedStyle(line).stroke) < 3) wrong.push("a line can't be seen");
    if (!line.getAttribute("d")) wrong.push("a line is empty");
  }
  for (const drawn of document.querySelectorAll(".chart > svg"))
    if (drawn.getBoundingClientRect().width < 200) wrong.push("a plot is too small");
  return [...new Set(wrong)];
})()
"""


class Browser:
    """Chromium, spoken to over its pipe."""

    def __init__(self, program, folder):
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()

        def at_3_and_4():
            # Both first to places beyond 4: either may be 3 or 4 already.
            asked, told = os.dup2(to_browser, 30), os.dup2(from_browser, 31)
            os.dup2(asked, 3), os.dup2(told, 4)

        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"]
        self.child = subprocess.Popen(
            [program, *flags, f"--user-data-dir={folder}", "about:blank"],
            preexec_fn=at_3_and_4, close_fds=False, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(to_browser), os.close(from_browser)
        self.rest, self.number, self.events, self.session = b"", 0, [], None
        page = next(t for t in self("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self(f"{domain}.enable")

    def __call__(self, method, **params):
        self.number += 1
        call = {"id": self.number, "method": method, "params": params}
        os.write(self.write, json.dumps(call | ({"sessionId": self.session} if self.session else {})).encode() + b"\0")
        while True:
            said = self.next()
            if said.get("id") != self.number:
                self.events.append(said)
            elif "error" in said:
                raise RuntimeError(f"{method}: {said['error']}")
            else:
                return said["result"]

    def next(self):
        while b"\0" not in self.rest:
            if not select.select([self.read], [], [], PATIENCE)[0]:
                raise RuntimeError(f"the browser says nothing for {PATIENCE} s")
            more = os.read(self.read, 1 << 16)
            if not more:
                raise RuntimeError("the browser ended")
            self.rest += more
        said, self.rest = self.rest.split(b"\0", 1)
        return json.loads(said)

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.next())

    def close(self):
        with contextlib.suppress(Exception):
            self("Browser.close")
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def opened(browser, path, width, theme):
    """Loads a page, and gives its complaints, its text and a picture of it."""
    browser("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    browser.events.clear()
    address = path.as_uri()
    browser("Page.navigate", url=address)
    browser.wait_for("Page.loadEventFired")
    wrong = browser("Runtime.evaluate", expression=LOOK, returnByValue=True)["result"]["value"]
    text = browser("Runtime.evaluate", expression="document.body.innerText", returnByValue=True)["result"]["value"]
    for event in browser.events:
        method, params = event.get("method"), event.get("params", {})
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            wrong.append(f"the console says {json.dumps(params)[:300]}")
        asked = params.get("request", {}).get("url") if method == "Network.requestWillBeSent" else None
        if asked not in (None, address):
            wrong.append(f"it asks for {asked}")
    return wrong, text, browser("Page.captureScreenshot", captureBeyondViewport=True)["data"]


def verdict_of(source):
    """What a reader of the file alone takes for its verdict."""
    return html.unescape(re.search(r"<h1[^>]*>.*?<b>(.*?)</b>", source, re.DOTALL)[1])


def judge(browser, path):
    """Every complaint about a page, in each way that people see it."""
    verdict = verdict_of(path.read_text())
    papers, complaints = set(), []
    for width in (400, 1400):
        for theme in ("light", "dark"):
            wrong, text, seen = opened(browser, path, width, theme)
            path.with_suffix(f".{width}-{theme}.png").write_bytes(base64.b64decode(seen))
            if verdict not in text.split("\n")[0]:
                wrong.append(f"the verdict `{verdict}` is not its first line: {text[:80]!r}")
            colour = "getComputedStyle(document.body).backgroundColor"
            papers.add(browser("Runtime.evaluate", expression=colour, returnByValue=True)["result"]["value"])
            complaints += [f"{path.name} at {width} px, {theme}: {one}" for one in wrong]
    if len(papers) != 2:
        complaints.append(f"{path.name}: light and dark are the same")
    return complaints


# Each but the first must be complained of, or this program sees nothing.
BAD = {
    "is good": "",
    "says": "<script>console.log(1)</script>",
    "asks": "<img src=http://127.0.0.1:9/x>",
    "wide": "<div style='width:3000px'>x</div>",
    "pale": "<p style='color:#ddd'>x</p>",
    "tiny": "<p style='font-size:8px'>x</p>",
    "shows": None,
}


def sees_what_is_bad(browser, folder):
    style = "<style>@media(prefers-color-scheme:dark){body{background:#000!important;color:#fff!important}}</style>"
    for name, body in BAD.items():
        path = folder / f"{name}.html"
        hidden = "style='display:none'" if body is None else ""
        path.write_text(f"{style}<body style='background:#fff;color:#000'><h1 {hidden}>x: <b>good</b></h1>{body or ''}")
        if bool(judge(browser, path)) != (name != "is good"):
            sys.exit(f"pictures: a page that {name} was judged wrongly")


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    pages = sorted(folder.glob("*.html"))
    if not pages:
        sys.exit(f"pictures: no page in {folder}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, tempfile.TemporaryDirectory() as bad:
        browser = Browser(program, profile)
        try:
            sees_what_is_bad(browser, pathlib.Path(bad).resolve())
            complaints = [one for page in pages for one in judge(browser, page.resolve())]
        finally:
            browser.close()
    print("\n".join(complaints) or f"{len(pages)} pages hold, at 400 and 1400 px, light and dark")
    sys.exit(bool(complaints))


main()
