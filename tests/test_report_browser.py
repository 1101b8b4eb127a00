"""The report in a real browser: it renders, sorts, unfolds, and asks nobody for anything.

Skipped where there is no Chromium with its driver.
"""

from __future__ import annotations

import json
import shutil
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from report_files import FATES, HOSTILE, large, made, pair, tampered

from lumpver.model.network import Network
from lumpver.tell.report.examination import examine
from lumpver.tell.report.page import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Open = Callable[..., Any]

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
    " --disable-dev-shm-usage --window-size=1280,900"
)
DEEP = Network.from_layers(
    [
        ([[1, 2], [2, 4], [1, 1], [3, 0]], [1, 2, 0, 0]),
        ([[1, 1, 0, 2], [0, 1, 1, 1], [5, 0, 0, 1]], None),
        ([[1, 1, 1]], None),
    ]
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One session of headless Chromium for all tests here."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no chromium with chromedriver is installed")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    session = webdriver.Chrome(options=options, service=Service(driver))
    yield session
    session.quit()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the report of some files; at the end the console and the network were silent."""
    place = tmp_path / "report.html"

    def opened(*files: Any, **media: str) -> Any:
        place.write_text(render(examine(*files)), encoding="utf-8")
        features = [{"name": f"prefers-{name}", "value": value} for name, value in media.items()]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get(place.as_uri())
        return browser

    yield opened
    assert browser.get_log("browser") == []
    assert requests(browser) <= {place.as_uri()}


def requests(browser: Any) -> set[str]:
    """The addresses that were asked for since the page was opened."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    return {given["request"]["url"].partition("#")[0] for given in sent}


def find(place: Any, selector: str) -> Any:
    """The one element there."""
    (found,) = place.find_elements("css selector", selector)
    return found


def unfolded(browser: Any) -> Any:
    """The first changed tensor's details, once the event of their opening has been heard."""
    details = browser.find_elements("css selector", "details[data-source]")[0]
    for _ in range(200):
        if details.find_elements("css selector", ".controls"):
            return details
        sleep(0.02)
    return pytest.fail("nothing was unfolded")


def column(browser: Any, index: int) -> list[str]:
    """What the layers' table shows in a column, from above, hidden rows left out."""
    rows = browser.find_elements("css selector", "#layer-table tbody tr")
    return [r.find_elements("css selector", "th, td")[index].text for r in rows if r.is_displayed()]


def test_layers_are_sorted_and_filtered(show: Open, tmp_path: Path) -> None:
    """By mouse and by keyboard, up and down, said to those who listen; totals stay below."""
    browser = show(*made(tmp_path / "deep", DEEP))
    headings = browser.find_elements("css selector", "#layer-table thead th")
    units = next(heading for heading in headings if heading.text.startswith("units"))
    before = column(browser, 1)
    assert [heading.get_attribute("aria-sort") for heading in headings] == ["none"] * len(headings)
    find(units, "button").click()
    assert (units.get_attribute("aria-sort"), column(browser, 3)) == ("ascending", ["3", "4"])
    assert "by units, rising" in find(browser, "#layer-table-status").text
    button = find(units, "button")
    button.send_keys("\ue007")  # Enter
    assert (units.get_attribute("aria-sort"), column(browser, 3)) == ("descending", ["4", "3"])
    button.send_keys(" ")
    assert units.get_attribute("aria-sort") == "ascending"
    find(headings[0], "button").click()
    assert column(browser, 1) == before
    assert units.get_attribute("aria-sort") == "none"
    find(browser, "#layer-table-filter").send_keys("H2")
    assert column(browser, 1) == ["h2.pre"]
    assert find(browser, "#layer-table-status").text == "1 of 2 rows"
    assert find(browser, "#layer-table tfoot th").text == "all layers"


def test_units_unfold(show: Open, tmp_path: Path) -> None:
    """Members with scales, constants with values, unused; any unit by its number."""
    browser = show(*made(tmp_path / "fates"))
    details = find(browser, "details[data-source]")
    assert not details.find_elements("css selector", "table")
    summary = find(details, "summary")
    summary.send_keys("\ue007")
    unfolded(browser)
    assert [item.text for item in details.find_elements("css selector", "li")] == [
        "unit 0 = block 0",
        "unit 1 = 2 × block 0",
    ]
    select = find(details, "select")
    offered = [option.text for option in select.find_elements("css selector", "option")]
    assert offered == ["merged blocks (1)", "constant units (1)", "unused blocks (1)"]
    shown = {}
    for option in select.find_elements("css selector", "option"):
        option.click()
        shown[option.text.split()[0]] = find(details, "tbody").text
    assert "unit 2 = 7" in shown["constant"]
    assert "no output depends on it" in shown["unused"]
    assert "unit 4 = 2 × block 1" in shown["unused"]
    search = find(details, "input")
    for number, words in (
        ("1", "For every input, unit 1 = 2 × block 0, in one block with unit 0."),
        ("2", "For every input, unit 2 = 7: a constant."),
        ("3", "No output depends on unit 3."),
        ("5", "No such unit; they are 0 to 4."),
        ("x", "No such unit; they are 0 to 4."),
    ):
        search.clear()
        search.send_keys(number)
        assert find(details, ".found").text == words


def test_combined_units_unfold(show: Open, tmp_path: Path) -> None:
    """A unit that is a sum over blocks says so, with its constant."""
    browser = show(*made(tmp_path / "fates"))
    data = {"width": 2, "block": [0, 1, -1, 2, -1], "scale": {"1": "1/3"}, "off": [2],
            "constant": {"2": "-5", "4": "3"}, "mixed": {"2": [[0, "1/2"], [1, "-3"]]}}  # fmt: skip
    browser.execute_script(
        "document.querySelector('#data-0').textContent = arguments[0];"
        "document.querySelector('details[data-source]').open = true;",
        json.dumps(data),
    )
    details = unfolded(browser)
    offered = [option.text for option in details.find_elements("css selector", "option")]
    assert offered == ["combined units (1)", "constant units (1)", "units never positive (1)",
                       "units kept alone (2)"]  # fmt: skip
    assert "unit 2 = 1/2 × block 0 \u2212 3 × block 1 \u2212 5" in find(details, "tbody").text
    find(details, "input").send_keys("3")
    told = "For every input, unit 3 stays where its activation is constant."
    assert find(details, ".found").text == told


def test_themes(show: Open, tmp_path: Path) -> None:
    """As the system has it, until the button says otherwise."""
    files = made(tmp_path / "fates")
    grounds = []
    for scheme in ("light", "dark"):
        browser = show(*files, **{"color-scheme": scheme})
        ground = "return getComputedStyle(document.body).backgroundColor"
        button = find(browser, "[data-theme-button]")
        assert button.text == {"light": "Dark theme", "dark": "Light theme"}[scheme]
        grounds.append(browser.execute_script(ground))
        button.click()
        grounds.append(browser.execute_script(ground))
    light, turned, dark, back = grounds
    assert light == back != dark == turned


def test_wrong_and_refuted(show: Open, tmp_path: Path) -> None:
    """Both render without a word on the console; the page is no wider than the screen."""
    for files in (tampered(made(tmp_path / "wrong")), pair(tmp_path)):
        browser = show(*files)
        assert find(browser, "#verdict").text in {"Rejected", "Refuted"}
        for width in (1280, 390):
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
            )
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_names_stay_text(show: Open, tmp_path: Path) -> None:
    """Names that are scripts run nowhere, in the page or in what is unfolded."""
    browser = show(*made(tmp_path / "hostile", FATES, rename=HOSTILE))
    find(browser, "details[data-source] summary").click()
    unfolded(browser)
    assert len(browser.find_elements("css selector", "details[data-source] table")) == 1
    assert len(browser.find_elements("css selector", "script:not([type])")) == 1
    assert "alert(1)" in find(browser, "#layer-table tbody").text


def test_ten_thousand_units_open_at_once(show: Open, tmp_path: Path) -> None:
    """What is in the page does not grow with the units, nor what is unfolded."""
    browser = show(*made(tmp_path / "large", large(10_000)))
    count = "return document.querySelectorAll('*').length"
    assert browser.execute_script(count) < 2000
    details = find(browser, "details[data-source]")
    find(details, "summary").click()
    unfolded(browser)
    assert browser.execute_script(count) < 4000
    for option in details.find_elements("css selector", "option"):
        option.click()
        assert browser.execute_script(count) < 4000
    find(details, "input").send_keys("9999")
    assert "unit 9999" in find(details, ".found").text.lower()
    buttons = {button.text: button for button in details.find_elements("css selector", ".button")}
    buttons["Next"].click()
    assert find(details, ".controls .status").text.startswith("26 to 50 of ")
    buttons["Back"].click()
    assert find(details, ".controls .status").text.startswith("1 to 25 of ")


def test_on_paper(show: Open, tmp_path: Path) -> None:
    """Printing unfolds what is short and folds it again; controls are not printed."""
    browser = show(*made(tmp_path / "fates"))
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    details = find(browser, "details[data-source]")
    assert details.get_attribute("open") is not None
    assert "2 × block 0" in details.text
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert not any(e.is_displayed() for e in browser.find_elements("css selector", ".controls"))
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert details.get_attribute("open") is None
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_without_scripts(show: Open, browser: Any, tmp_path: Path) -> None:
    """The table is there, controls are not, and a line says how to ask about a unit."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(*made(tmp_path / "fates"))
        assert column(browser, 1) == ["h1.pre"]
        assert not find(browser, "#layer-table-filter").is_displayed()
        assert "lumpver explain" in find(browser, "#units").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
