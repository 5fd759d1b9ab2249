"""How an outcome reaches the BPO, in plain Python: nothing here imports Odoo.

Each file uses only those after it: ``sender`` (the threads of one connection), ``client`` (what is
asked), ``jsonrpc`` and ``json2`` (how it is spelled), ``http`` (one exchange with its limits),
``errors`` and ``answer`` (what came back means), ``address`` (who may be called), ``payload`` (what
is said of one outcome). By themselves: ``retry`` (when to try again) and ``instance`` (which copy of
a database this is).
"""
