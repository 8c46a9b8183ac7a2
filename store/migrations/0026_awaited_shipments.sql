-- The producer's desk asks each time it is opened what is on its way to the producer; nearly all
-- shipments have arrived long ago.
create index shipment_awaited_idx on shipment (to_party_id, id) where received_at is null;
