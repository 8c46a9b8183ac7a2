-- Lots in, lots out: what was made of what, and the recall of everything that came of a lot.

create table processing (
    id          bigint generated always as identity,
    producer_id bigint not null,
    plot_id     bigint not null,
    kind        text not null,
    done_at     timestamptz not null,
    unit        text not null,
    loss        double precision not null,
    request_id  uuid not null,
    created_at  timestamptz not null,
    account_id  bigint,
    constraint processing_pkey primary key (id),
    constraint processing_producer_fkey foreign key (producer_id) references producer (id),
    constraint processing_plot_fkey foreign key (plot_id) references plot (id),
    constraint processing_account_fkey foreign key (account_id) references account (id),
    constraint processing_request_key unique (request_id),
    constraint processing_loss_not_negative check (loss >= 0)
);
comment on table processing is '加工: lots went in and lots came out.';
comment on column processing.plot_id is 'The workshop.';
comment on column processing.kind is 'sorting, packing, tea_making, milling, pickling, smoking, tofu or other.';
comment on column processing.unit is 'Unit of the balance: KGM where masses are known, else the unit that all lots share.';
comment on column processing.loss is 'Declared waste, in that unit; what is missing beyond it is unaccounted.';
create trigger processing_audit after insert or update or delete on processing
    for each row execute function note_change('id');

create table processing_input (
    processing_id bigint not null,
    lot_id        bigint not null,
    quantity      double precision not null,
    constraint processing_input_pkey primary key (processing_id, lot_id),
    constraint processing_input_processing_fkey foreign key (processing_id) references processing (id),
    constraint processing_input_lot_fkey foreign key (lot_id) references lot (id),
    constraint processing_input_quantity_positive check (quantity > 0)
);
comment on table processing_input is 'How much of a lot went into a processing, in the unit of its product.';
create index processing_input_lot_idx on processing_input (lot_id, processing_id);

create table processing_output (
    lot_id        bigint not null,
    processing_id bigint not null,
    constraint processing_output_pkey primary key (lot_id),
    constraint processing_output_processing_fkey foreign key (processing_id) references processing (id),
    constraint processing_output_lot_fkey foreign key (lot_id) references lot (id)
);
comment on table processing_output is 'The lots that came out of a processing; each comes out of one. Its quantity is the lot''s.';
create index processing_output_processing_idx on processing_output (processing_id);

create table event_lot (
    event_id bigint not null,
    lot_id   bigint not null,
    constraint event_lot_pkey primary key (lot_id, event_id),
    constraint event_lot_event_fkey foreign key (event_id) references event (id),
    constraint event_lot_lot_fkey foreign key (lot_id) references lot (id)
);
comment on table event_lot is 'Further lots that an event tells of: processing has several.';
create trigger event_lot_append_only before update or delete on event_lot
    for each row execute function refuse_change();

create table recall (
    id         bigint generated always as identity,
    lot_id     bigint not null,
    reason     text not null,
    notice_zh  text not null,
    notice_en  text not null,
    drill      boolean not null,
    started_at timestamptz not null,
    took_ms    double precision not null,
    lots       integer not null,
    figures    jsonb not null,
    request_id uuid not null,
    account_id bigint,
    constraint recall_pkey primary key (id),
    constraint recall_lot_fkey foreign key (lot_id) references lot (id),
    constraint recall_account_fkey foreign key (account_id) references account (id),
    constraint recall_request_key unique (request_id)
);
comment on table recall is '召回: a lot and everything that came of it, called back; or a drill of it.';
comment on column recall.drill is 'A drill computes and measures everything and changes nothing.';
comment on column recall.took_ms is 'Milliseconds from the request to the finished list.';
comment on column recall.figures is 'Kilograms in, out, left, lost and unaccounted, as they stood then.';
create trigger recall_append_only before update or delete on recall
    for each row execute function refuse_change();

create table recall_lot (
    recall_id bigint not null,
    lot_id    bigint not null,
    level     integer not null,
    constraint recall_lot_pkey primary key (recall_id, lot_id),
    constraint recall_lot_recall_fkey foreign key (recall_id) references recall (id),
    constraint recall_lot_lot_fkey foreign key (lot_id) references lot (id)
);
comment on table recall_lot is 'The lots of a recall.';
comment on column recall_lot.level is 'Processings between the recalled lot and this one.';
