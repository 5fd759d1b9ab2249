"""The screens of agents, managers and admins open in German and Arabic, without a text of ours in English.

In Chromium, each screen in one of the languages as on a computer and in the other as on a phone.
``test_axe_screens`` opens them in English.
"""

import json
import pathlib
from unittest.mock import patch

import polib

from odoo.tests import tagged
from odoo.tests.common import ChromeBrowser

from .ours import addon_paths
from .test_axe_screens import ScreensCase

SIZES = [(1440, 900), (390, 844)]
# `ENGLISH` has the texts of ours that are other words in this language.
CHECK = """
(async () => {
    const found = (globalThis.found ||= []);
    const english = new Set(ENGLISH);
    const {action} = odoo.__WOWL_DEBUG__.root.env.services;
    const main = document.querySelector(".o_action_manager");
    const getTexts = () => {
        const texts = [];
        const nodes = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
        while (nodes.nextNode()) texts.push(nodes.currentNode.data.trim());
        for (const name of ["title", "placeholder", "aria-label"])
            for (const each of main.querySelectorAll(`[${name}]`)) texts.push(each.getAttribute(name));
        return texts;
    };
    for (const [name, screen] of Object.entries(SCREENS)) {
        await action.doAction(screen, {clearBreadcrumbs: true});
        await new Promise((resolve) => setTimeout(resolve, 200));
        const texts = getTexts();
        if (!main.querySelector(".o_content")) found.push(`${innerWidth} px, ${name}: empty`);
        for (const text of new Set(texts))
            if (english.has(text)) found.push(`${innerWidth} px, ${name}: ${text}`);
        const {scrollWidth} = document.documentElement;
        if (scrollWidth > innerWidth) found.push(`${innerWidth} px, ${name}: ${scrollWidth} px wide`);
    }
    if (document.querySelector(".modal")) found.push(document.querySelector(".modal").textContent);
})().catch((error) => found.push(error.stack));
"""
REPORT = """
if (found.length) console.error(found.join("\\n"));
else console.log("test successful");
"""


@tagged("post_install", "-at_install")
class TestLanguages(ScreensCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install_languages()
        cls.env["ir.module.module"].search([])._update_translations(["de_DE", "ar_001"])

    def check_screens(self, lang, sizes):
        """Open the screens by turns in the one and the other of ``sizes``."""
        self.admin.lang = lang
        english = {
            entry.msgid
            for path in addon_paths()
            for entry in polib.pofile(str(pathlib.Path(path, "i18n", f"{lang[:2]}.po")))
            if entry.msgid != entry.msgstr
        }
        pages = list(self.get_pages().items())
        wait = ChromeBrowser._wait_code_ok

        def check_each_size(browser, report, timeout, **kwargs):
            for number, (width, height) in enumerate(sizes):
                screens = json.dumps(dict(pages[number::2]))
                given = f"SCREENS = {screens}, ENGLISH = {json.dumps(sorted(english))}"
                device = {"mobile": False, "width": width, "height": height, "deviceScaleFactor": 1}
                browser._websocket_request("Emulation.setDeviceMetricsOverride", params=device)
                params = {"expression": f"{{const {given};{CHECK}}}", "awaitPromise": True}
                browser._websocket_request("Runtime.evaluate", params=params, timeout=timeout)
            return wait(browser, report, timeout, **kwargs)

        with patch.object(ChromeBrowser, "_wait_code_ok", check_each_size):
            self.browser_js(
                "/odoo",
                REPORT,
                "odoo.isReady === true",
                login=self.admin.login,
                timeout=120,
            )

    def test_german(self):
        self.check_screens("de_DE", SIZES)

    def test_arabic(self):
        self.check_screens("ar_001", SIZES[::-1])
