"""Fields that only the program may set."""

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError
from odoo.tools import clean_context

# Compared by identity, so that no context sent over RPC can contain one of them.
PROGRAM_KEY, PROGRAM = "dealer_crm_program", object()
MAIL_KEY, MAIL = "dealer_crm_mail", object()


class DealerCrmGuardedMixin(models.AbstractModel):
    """Refuses values that people may not set, in every way to create or write.

    Only the program sets the stored fields that our addons declare readonly. Those listed in
    ``_fixed_fields`` may also be given on create. With ``_program_only``, nobody creates or changes
    records of the model.

    ``sudo`` does not lift the guard, because Odoo uses it on behalf of others: its mail gateway
    creates records ``with_user(user of the From address).sudo()``. The guard is lifted for

    - our own code, by ``records._as_program()`` or ``_write_unchecked``, for this call only: commands
      in its values are checked as those of the caller;
    - Odoo's superuser: installation, data files, migrations, crons and a shell. Nobody can log in
      as this user.

    Values from an e-mail are always refused, even if its From names the superuser.
    """

    _name = "dealer.crm.guarded.mixin"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Fields Set by the Program"

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
        """Refuse to create a record from an e-mail, unless ``_takes_mail`` is set."""
        self._check_takes_mail()
        return super().message_new(msg_dict, custom_values)

    def message_update(self, msg_dict, update_vals=None):
        """Refuse to add an e-mail to a record, unless ``_takes_mail`` is set."""
        self._check_takes_mail()
        return super().message_update(msg_dict, update_vals)

    def _check_takes_mail(self):
        if not self._takes_mail:
            raise AccessError(
                self.env._(
                    'Records of "%(model)s" do not accept e-mails: write to a person instead, and'
                    " remove the e-mail alias or incoming mail server of this model, if any.",
                    model=self.env["ir.model"]._get(self._name).name,
                )
            )

    def _as_program(self):
        """These records with the guard lifted, for our own code.

        Call ``with_env(self.env)`` on records that are returned to other code.
        """
        return self.with_context(**{PROGRAM_KEY: PROGRAM})

    def _as_caller(self):
        """These records with the guard in place again.

        Used for the other records that one2many and many2many commands of the caller change.
        """
        if PROGRAM_KEY in self.env.context:
            return self.with_context(**{PROGRAM_KEY: None})
        return self

    def _without_defaults(self):
        """These records without the ``default_*`` values of the context."""
        # pylint: disable-next=context-overridden
        return self.with_context(clean_context(self.env.context))

    def _write_unchecked(self, vals):
        """Write fields that only the program sets."""
        return self._as_program().write(vals)

    def _is_program(self):
        """Whether our own code or the superuser is running."""
        if self.env.context.get(PROGRAM_KEY) is PROGRAM:
            return True
        return self.env.uid == SUPERUSER_ID and not self._is_mail()

    def _is_mail(self):
        """Whether an incoming e-mail is being processed; its sender may be forged."""
        return self.env.context.get(MAIL_KEY) is MAIL

    def _get_program_fields(self):
        """Set of the stored fields that our addons declare readonly."""
        return {
            name
            for name, field in self._fields.items()
            if field.readonly
            and field.store
            and name not in models.MAGIC_COLUMNS
            and any(module.startswith("dealer_crm") for module in field._modules)
        }

    def _get_given(self, names, vals_list):
        """Set of the fields in ``names`` that get another value than the field's own default.

        Defaults of the context (``default_*``) and of the user (``ir.default``) count as given.
        """
        empty = self.browse()
        defaults = self.default_get(list(names))

        def normalize(field, value):
            if field.type in ("one2many", "many2many"):
                return bool(value)
            known = field.convert_to_cache(value, empty, validate=False) or None
            # A number given as a text is stored, though convert_to_cache drops it.
            return value if field.type == "many2one" and value and known is None else known

        given = set()
        for name in names:
            field = self._fields[name]
            initial = normalize(field, field.default(empty) if field.default else None)
            values = [vals[name] if name in vals else defaults.get(name) for vals in vals_list]
            if any(normalize(field, value) != initial for value in values):
                given.add(name)
        return given

    def _check_program_fields(self, vals_list):
        """Refuse new records with values for fields that only the program sets."""
        if self._is_program():
            return
        if self._program_only:
            self._refuse_fields(())
        if given := self._get_given(self._get_program_fields() - self._fixed_fields, vals_list):
            self._refuse_fields(given)

    def _check_fixed_fields(self, vals):
        """Refuse to change fields that only the program sets."""
        if self._is_program():
            return
        if self._program_only:
            self._refuse_fields(())
        if given := self._get_program_fields() & vals.keys():
            self._refuse_fields(given)

    def _refuse_fields(self, names):
        model = self.env["ir.model"]._get(self._name).name
        if not names:
            raise AccessError(
                self.env._(
                    'Records of "%(model)s" are created and changed by the program only.',
                    model=model,
                )
            )
        raise AccessError(
            self.env._(
                'Only the program sets %(fields)s of "%(model)s": leave it out.',
                fields=", ".join(
                    f'"{self._fields[name]._description_string(self.env)}" ({name})'
                    for name in sorted(names)
                ),
                model=model,
            )
        )
