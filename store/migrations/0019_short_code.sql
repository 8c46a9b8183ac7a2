-- The short code that stands in digits beside a label's QR code, for keypads.

alter table label add column short text;
alter table label add constraint label_short_key unique (short);
alter table label add constraint label_short_digits check (short ~ '^[0-9]{12}$');
comment on column label.short is '12 digits for a keypad, the last one Damm''s check digit; null on labels that were issued without.';
