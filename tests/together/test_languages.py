"""The screens of agents, managers and admins open in German and Arabic, without a text of ours in English.

In Chromium, each screen in one of the languages as on a computer and in the other as on a phone.
``test_axe_screens`` opens them in English.
"""

import pathlib

import polib

from odoo.tests import tagged

from .ours import addon_paths
from .screens import ScreensCase

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


@tagged("post_install", "-at_install")
class TestLanguages(ScreensCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install_languages("%")

    def check_language(self, lang, sizes):
        """Open the screens by turns in the one and the other of ``sizes``."""
        self.admin.lang = lang
        english = {
            entry.msgid
            for path in addon_paths()
            for entry in polib.pofile(str(pathlib.Path(path, "i18n", f"{lang[:2]}.po")))
            if entry.msgid != entry.msgstr
        }
        pages = list(self.get_pages().items())
        given = [
            (size, {"SCREENS": dict(pages[number::2]), "ENGLISH": sorted(english)})
            for number, size in enumerate(sizes)
        ]
        self.check_screens("/odoo", CHECK, given, timeout=120)

    def test_german(self):
        self.check_language("de_DE", SIZES)

    def test_arabic(self):
        self.check_language("ar_001", SIZES[::-1])
