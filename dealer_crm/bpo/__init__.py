"""How an outcome reaches the BPO, in plain Python: nothing here imports Odoo.

``payload`` freezes what is said, ``transport`` says it (a ``caller`` in one of two protocols, over a
``channel``, to an ``address`` that may be called), ``answer`` and ``fault`` tell what came back means,
``schedule`` when to try again.
"""
