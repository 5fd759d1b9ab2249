from markupsafe import Markup


def text_to_html(text):
    """Return `text`, some of it in the words of others, as HTML: Odoo's own would make links of its addresses."""
    return Markup("<p>%s</p>") % Markup("<br/>").join(text.splitlines())
