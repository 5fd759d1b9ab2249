-- A copy of the database must not send leads to the dealers.
UPDATE bpo_dealer
   SET url = 'https://neutralized.invalid',
       api_key_secret = NULL;
