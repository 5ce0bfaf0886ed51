"""Headless Chromium, spoken to over a pipe: open a page, ask it things, take pictures; no port and no other package."""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 90.0
OWN = ("file:", "data:", "blob:", "about:")


class Chromium:
    """One browser with one page; a context manager that ends the process."""

    def __init__(self, profile: Path) -> None:
        program = next((found for name in NAMES if (found := shutil.which(name))), None)
        assert program, f"these tests need one of {', '.join(NAMES)}"
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"]
        options += [f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"]
        quiet = subprocess.DEVNULL
        wired = f"exec {shlex.join([program, *options])} 3<&{to_read} 4>&{to_write}"
        self._process = subprocess.Popen(["bash", "-c", wired], pass_fds=(to_read, to_write), stdout=quiet, stderr=quiet)
        os.close(to_read)
        os.close(to_write)
        self._left, self._number, self.events = b"", 0, []  # type: ignore[var-annotated]
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its answer; events that come meanwhile are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if getattr(self, "_session", None):
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                found: dict[str, Any] = answer["result"]
                return found
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            more = os.read(self._read, 1 << 20)
            assert more, "the browser went away"
            self._left += more
        first, self._left = self._left.split(b"\0", 1)
        found: dict[str, Any] = json.loads(first)
        return found

    def open(self, path: Path, width: int = 1280, height: int = 900) -> None:
        """Open a file in a window of that size and wait until its script has said that it is done."""
        self.events.clear()
        mobile = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.call("Page.navigate", url=path.resolve().as_uri())
        end = time.monotonic() + PATIENCE
        while self.ask("document.documentElement?.dataset.ready || ''") != "yes":
            assert time.monotonic() < end, f"the page was not ready: {self.faults()}"
            time.sleep(0.2)

    def ask(self, expression: str) -> Any:
        """Value of a script expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def faults(self) -> list[str]:
        """Script errors, console errors and requests that are no file, since the page was opened."""
        self.ask("1")
        told = []
        for event in self.events:
            method, inner = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                told.append(str(inner["exceptionDetails"].get("exception", inner["exceptionDetails"]).get("description", inner)))
            elif method == "Log.entryAdded" and inner["entry"]["level"] == "error":
                told.append(inner["entry"]["text"])
            elif method == "Runtime.consoleAPICalled" and inner["type"] == "error":
                told.append(json.dumps(inner["args"]))
            elif method == "Network.requestWillBeSent" and not inner["request"]["url"].startswith(OWN):
                told.append(f"asked for {inner['request']['url']}")
        return told

    def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 14000), "scale": 1}
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(answer["data"]))

    def printed(self, path: Path) -> int:
        """Print to PDF on A4; number of pages."""
        answer = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=True)
        content = base64.b64decode(answer["data"])
        path.write_bytes(content)
        return content.count(b"/Type /Page\n") + content.count(b"/Type /Page/") + content.count(b"/Type /Page ")
