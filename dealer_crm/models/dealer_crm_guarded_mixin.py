"""Who sets a field: a person, or the program alone."""

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError
from odoo.tools import clean_context

# Compared by identity, so that no context that came by RPC can hold one of them.
PROGRAM_KEY, PROGRAM = "dealer_crm_program", object()
MAIL_KEY, MAIL = "dealer_crm_mail", object()


class DealerCrmGuardedMixin(models.AbstractModel):
    """Refuses what people may not set, whatever the door.

    A model lists the fields that the program alone sets in ``_program_fields``, and those that are
    given on create and fixed afterwards in ``_fixed_fields``; what its extensions list is added. Or
    it says ``_program_only``: then nobody creates or changes its records.

    The guard does not open for ``sudo``, with which Odoo works for somebody else: its mail gateway
    creates ``with_user(whoever the From names).sudo()``. It opens for

    - our own code, which says so: ``records._as_program()`` or ``_write_unchecked``. That is so for
      this very call: the commands in its values are checked as the caller's;
    - Odoo's superuser: installation, data files, migrations, the crons and a shell. Nobody logs in
      as this one.

    What came by e-mail is refused in any case, also where the From names the superuser.
    """

    _name = "dealer.crm.guarded.mixin"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Fields Set by the Program"

    _program_fields = frozenset()
    _fixed_fields = frozenset()
    _program_only = False
    _takes_mail = False

    @api.model_create_multi
    def create(self, vals_list):
        self._check_program_fields(vals_list)
        records = super(DealerCrmGuardedMixin, self._as_caller()).create(vals_list)
        return records.with_env(self.env)

    def write(self, vals):
        self._check_fixed_fields(vals)
        return super(DealerCrmGuardedMixin, self._as_caller()).write(vals)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """No record is made of an e-mail, whoever sent it and whatever an alias says."""
        if self._takes_mail:
            return super().message_new(msg_dict, custom_values)
        raise AccessError(
            self.env._(
                'A record of "%(model)s" is never made of an e-mail: take the e-mail alias or the'
                " incoming mail server off this model.",
                model=self.env["ir.model"]._get(self._name).name,
            )
        )

    def message_update(self, msg_dict, update_vals=None):
        """No e-mail is put on a record, whoever sent it."""
        if self._takes_mail:
            return super().message_update(msg_dict, update_vals)
        raise AccessError(
            self.env._(
                'A record of "%(model)s" takes no e-mails: write to a person instead.',
                model=self.env["ir.model"]._get(self._name).name,
            )
        )

    def _as_program(self):
        """These records for our own code; take ``with_env(self.env)`` of what is handed on."""
        return self.with_context(**{PROGRAM_KEY: PROGRAM})

    def _as_caller(self):
        """These records for the caller again: what a one2many or many2many command of his would do
        to other records is his own doing.
        """
        if PROGRAM_KEY in self.env.context:
            return self.with_context(**{PROGRAM_KEY: None})
        return self

    def _without_defaults(self):
        """These records without the values that the caller's context would add to new ones."""
        # pylint: disable-next=context-overridden
        return self.with_context(clean_context(self.env.context))

    def _write_unchecked(self, vals):
        """Write what the program alone sets."""
        return self._as_program().write(vals)

    @api.model
    def _is_program(self):
        """Whether our own code, or the superuser, is at work."""
        if self.env.context.get(PROGRAM_KEY) is PROGRAM:
            return True
        return self.env.uid == SUPERUSER_ID and not self._is_mail()

    @api.model
    def _is_mail(self):
        """Whether an e-mail is at work, whose sender anybody can forge."""
        return self.env.context.get(MAIL_KEY) is MAIL

    @api.model
    def _get_guarded(self, attribute):
        """Set of the fields that this model and its extensions list."""
        return set().union(*(vars(cls).get(attribute, ()) for cls in type(self).__mro__))

    @api.model
    def _get_given(self, names, vals_list):
        """Set of those of ``names`` that a new record would not have by itself.

        What the context (``default_*``) and a user's own defaults say counts as given: it comes in
        where ``default_get`` is asked.
        """
        empty = self.browse()
        defaults = self.default_get(list(names))

        def normalize(field, value):
            if field.type in ("one2many", "many2many"):
                return bool(value)
            return field.convert_to_cache(value, empty, validate=False) or None

        given = set()
        for name in names:
            field = self._fields[name]
            initial = normalize(field, field.default(empty) if field.default else None)
            values = [vals[name] if name in vals else defaults.get(name) for vals in vals_list]
            if any(normalize(field, value) != initial for value in values):
                given.add(name)
        return given

    @api.model
    def _check_program_fields(self, vals_list):
        """Refuse new records with what the program alone sets."""
        if self._is_program():
            return
        if self._program_only:
            self._refuse_fields(())
        if given := self._get_given(self._get_guarded("_program_fields"), vals_list):
            self._refuse_fields(given)

    def _check_fixed_fields(self, vals):
        """Refuse to change what the program alone sets, or what is fixed since the creation."""
        if self._is_program():
            return
        if self._program_only:
            self._refuse_fields(())
        guarded = self._get_guarded("_program_fields") | self._get_guarded("_fixed_fields")
        if given := guarded & vals.keys():
            self._refuse_fields(given)

    def _refuse_fields(self, names):
        model = self.env["ir.model"]._get(self._name).name
        if not names:
            raise AccessError(
                self.env._(
                    'Records of "%(model)s" are made and changed by the program alone.',
                    model=model,
                )
            )
        raise AccessError(
            self.env._(
                'The program alone sets %(fields)s of "%(model)s": leave it out.',
                fields=", ".join(
                    f'"{self._fields[name]._description_string(self.env)}" ({name})'
                    for name in sorted(names)
                ),
                model=model,
            )
        )
