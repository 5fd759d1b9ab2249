-- A neutralised copy must not talk to the BPO of its original.
UPDATE dealer_crm_bpo_connection
   SET api_key_stored = NULL,
       bound_to = NULL,
       url = 'https://neutralized.invalid',
       state = 'held',
       hold_code = 'neutralized',
       state_reason = 'This copy of the database was neutralised: enter address and key, then press Rebind.';
