-- A copy of the database must not send leads to the dealers.
DELETE FROM bpo_dealer_key;
UPDATE bpo_dealer
   SET url = 'https://neutralized.invalid';
