from markupsafe import Markup


def text_to_html(text):
    """Return plain `text`, which may come from others, as HTML without links.

    Odoo's ``plaintext2html`` would turn addresses in it into links.
    """
    return Markup("<p>%s</p>") % Markup("<br/>").join(text.splitlines())
