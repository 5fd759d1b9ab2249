-- A neutralised copy must not send anything to the BPO of the original.
DELETE FROM dealer_crm_bpo_key;
UPDATE dealer_crm_bpo_connection
   SET bound_to = NULL,
       url = 'https://neutralized.invalid',
       state = 'held',
       hold_code = 'neutralized',
       state_reason = 'This copy of the database was neutralised: enter address and key, then press Rebind.';
