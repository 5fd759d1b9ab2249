"""What a reseller's commission is: plain Python, without Odoo."""

from .due import BASES, Document, DocumentLine, Due, OrderLine, Rule, get_due, share_discount
