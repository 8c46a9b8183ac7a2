-- What happens to a lot beyond its registration: steps with who and why, the waiver of a
-- pre-harvest interval, handovers between registered parties, and the seal of its growing period.

create table lot_step (
    id         bigint generated always as identity,
    lot_id     bigint not null,
    step       text not null,
    from_state text not null,
    to_state   text not null,
    reason     text not null,
    at         timestamptz not null,
    account_id bigint,
    request_id uuid not null,
    constraint lot_step_pkey primary key (id),
    constraint lot_step_lot_fkey foreign key (lot_id) references lot (id),
    constraint lot_step_account_fkey foreign key (account_id) references account (id),
    constraint lot_step_request_key unique (request_id)
);
comment on table lot_step is 'Journal of a lot''s life: each step that a person took, appended and never changed.';
comment on column lot_step.step is 'harvest, sample, release, hold, waive_interval, ship, sell_out or recall.';
comment on column lot_step.from_state is 'Where the lot stood.';
comment on column lot_step.to_state is 'Where it stands after; the same where the step changes no state.';
comment on column lot_step.reason is 'Why, in words; empty where none is asked for. Never shown in public.';
comment on column lot_step.request_id is 'Made by the client, so that a step sent twice is taken once.';
create index lot_step_lot_idx on lot_step (lot_id, id);
create trigger lot_step_append_only before update or delete on lot_step
    for each row execute function refuse_change();

create table party (
    id          bigint generated always as identity,
    kind        text not null,
    name        text not null,
    name_en     text not null,
    township    text not null,
    contact     text not null,
    producer_id bigint,
    created_at  timestamptz not null,
    constraint party_pkey primary key (id),
    constraint party_producer_fkey foreign key (producer_id) references producer (id),
    constraint party_producer_key unique (producer_id),
    constraint party_name_key unique (kind, name),
    constraint party_kind_known check (kind in ('producer', 'hub', 'station', 'buyer')),
    constraint party_producer_with_kind check ((kind = 'producer') = (producer_id is not null))
);
comment on table party is 'Who hands goods over to whom: producers, the county hub (县级仓), village stations (村级站), buyers.';
comment on column party.contact is 'Whom to call in a recall; never shown in public.';
comment on column party.producer_id is 'The producer that it is, for the kind producer.';
create trigger party_audit after insert or update or delete on party
    for each row execute function note_change('id');

create table shipment (
    id                 bigint generated always as identity,
    lot_id             bigint not null,
    from_party_id      bigint not null,
    to_party_id        bigint not null,
    quantity           double precision not null,
    shipped_at         timestamptz not null,
    account_id         bigint,
    request_id         uuid not null,
    received_at        timestamptz,
    received_quantity  double precision,
    received_by        bigint,
    receipt_request_id uuid,
    constraint shipment_pkey primary key (id),
    constraint shipment_lot_fkey foreign key (lot_id) references lot (id),
    constraint shipment_from_fkey foreign key (from_party_id) references party (id),
    constraint shipment_to_fkey foreign key (to_party_id) references party (id),
    constraint shipment_account_fkey foreign key (account_id) references account (id),
    constraint shipment_receiver_fkey foreign key (received_by) references account (id),
    constraint shipment_request_key unique (request_id),
    constraint shipment_receipt_request_key unique (receipt_request_id),
    constraint shipment_between_two check (from_party_id <> to_party_id),
    constraint shipment_quantity_positive check (quantity > 0),
    constraint shipment_received_whole check (
        (received_at is null) = (received_quantity is null)
        and (received_at is null) = (receipt_request_id is null)),
    constraint shipment_received_in_bounds check (
        received_quantity is null or (received_quantity >= 0 and received_quantity <= quantity)),
    constraint shipment_received_after check (received_at is null or received_at >= shipped_at)
);
comment on table shipment is '出库与收货: a part of a lot on its way from one party to another.';
comment on column shipment.quantity is 'As shipped, in the product''s unit.';
comment on column shipment.received_quantity is 'As received; what is missing to quantity is unaccounted.';
create index shipment_lot_idx on shipment (lot_id);
create trigger shipment_audit after insert or update or delete on shipment
    for each row execute function note_change('id');

create table seal (
    id        bigint generated always as identity,
    lot_id    bigint not null,
    number    integer not null,
    sealed_at timestamptz not null,
    body      jsonb not null,
    constraint seal_pkey primary key (id),
    constraint seal_lot_fkey foreign key (lot_id) references lot (id),
    constraint seal_number_key unique (lot_id, number)
);
comment on table seal is 'What was measured in a lot''s growing period, as it stood when the lot was released.';
comment on column seal.number is '1 at the release; later ones are addenda for readings that came late.';
comment on column seal.body is 'Channels with their figures, and alarms with who answered, by role.';
create trigger seal_append_only before update or delete on seal
    for each row execute function refuse_change();

create table message (
    id         bigint generated always as identity,
    to_role    text not null,
    kind       text not null,
    lot_id     bigint,
    text_zh    text not null,
    text_en    text not null,
    created_at timestamptz not null,
    constraint message_pkey primary key (id),
    constraint message_lot_fkey foreign key (lot_id) references lot (id),
    constraint message_role_known check (to_role in ('operator', 'supervisor', 'lab'))
);
comment on table message is 'What a role is told of, written in the transaction of the fact.';
comment on column message.kind is 'test_failed, interval_broken or short_receipt.';
create index message_role_idx on message (to_role, id);
