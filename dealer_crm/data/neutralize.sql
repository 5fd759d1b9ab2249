-- A neutralised copy must not talk to the BPO of its original.
DELETE FROM dealer_crm_bpo_key;
UPDATE dealer_crm_bpo_connection
   SET bound_to = NULL,
       url = 'https://neutralized.invalid',
       state = 'held',
       hold_code = 'neutralized',
       state_reason = 'This copy of the database was neutralised: enter address and key, then press Rebind.';
