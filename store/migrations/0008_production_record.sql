-- 农事: what was done on a plot, and the inputs that were used. Made for entry without a
-- connection: ids come from the client, and an edit names the version that it saw.

create table input (
    id            uuid not null,
    producer_id   bigint not null,
    kind          text not null,
    name          text not null,
    registration  text not null,
    ingredient    text not null,
    interval_days integer,
    unit          text not null,
    created_at    timestamptz not null,
    account_id    bigint,
    constraint input_pkey primary key (id),
    constraint input_producer_fkey foreign key (producer_id) references producer (id),
    constraint input_account_fkey foreign key (account_id) references account (id),
    constraint input_name_key unique (producer_id, name, registration),
    constraint input_kind_known check (kind in ('pesticide', 'fertiliser', 'seed', 'feed', 'veterinary')),
    constraint input_interval_with_kind check (
        (kind in ('pesticide', 'veterinary')) = (interval_days is not null)),
    constraint input_interval_in_range check (interval_days between 0 and 365),
    constraint input_registered check (
        kind not in ('pesticide', 'veterinary') or registration <> '')
);
comment on table input is '农业投入品: a pesticide, fertiliser, seed, feed or veterinary drug that a producer keeps.';
comment on column input.id is 'Made by the client.';
comment on column input.registration is '登记证号 of a pesticide or 批准文号 of a veterinary drug; empty for others.';
comment on column input.ingredient is 'Active ingredient or composition.';
comment on column input.interval_days is '安全间隔期 or 休药期 on the label, days.';
comment on column input.unit is 'Unit of its stock, for example g or ml.';
create trigger input_audit after insert or update or delete on input
    for each row execute function note_change('id');

create table farm_record (
    id            uuid not null,
    producer_id   bigint not null,
    plot_id       bigint not null,
    lot_id        bigint,
    kind          text not null,
    done_on       date not null,
    input_id      uuid,
    dose          double precision,
    dose_unit     text not null,
    area_mu       double precision,
    interval_days integer,
    target        text not null,
    person        text not null,
    note          text not null,
    voided        boolean not null default false,
    version       integer not null,
    updated_at    timestamptz not null,
    account_id    bigint,
    constraint farm_record_pkey primary key (id),
    constraint farm_record_producer_fkey foreign key (producer_id) references producer (id),
    constraint farm_record_plot_fkey foreign key (plot_id) references plot (id),
    constraint farm_record_lot_fkey foreign key (lot_id) references lot (id),
    constraint farm_record_input_fkey foreign key (input_id) references input (id),
    constraint farm_record_account_fkey foreign key (account_id) references account (id),
    constraint farm_record_kind_known check (kind in
        ('sowing', 'irrigation', 'fertiliser', 'pesticide', 'feeding', 'medication', 'other')),
    constraint farm_record_dose_positive check (dose > 0),
    constraint farm_record_area_positive check (area_mu > 0),
    constraint farm_record_dose_of_input check ((input_id is null) = (dose is null)),
    constraint farm_record_treatment_whole check (
        kind not in ('pesticide', 'medication')
        or (input_id is not null and interval_days is not null))
);
comment on table farm_record is '生产记录: one thing done on a plot, as it stands now.';
comment on column farm_record.id is 'Made by the client.';
comment on column farm_record.lot_id is 'The lot that it was done for; null for everything on the plot.';
comment on column farm_record.dose is 'How much of the input was used, in the unit of its stock.';
comment on column farm_record.interval_days is 'As on the label when it was used: a later edition of the label changes nothing here.';
comment on column farm_record.target is 'Pest, disease or purpose.';
comment on column farm_record.person is 'Who did it; never shown in public.';
comment on column farm_record.voided is 'Entered by mistake: kept, counts for nothing.';
comment on column farm_record.version is 'From 1; an edit names the one that it saw.';
create index farm_record_plot_idx on farm_record (plot_id, done_on);
create index farm_record_lot_idx on farm_record (lot_id);
create index farm_record_producer_idx on farm_record (producer_id, done_on desc);
create trigger farm_record_audit after insert or update or delete on farm_record
    for each row execute function note_change('id');

create table input_move (
    id         uuid not null,
    input_id   uuid not null,
    record_id  uuid,
    amount     double precision not null,
    moved_on   date not null,
    source     text not null,
    created_at timestamptz not null,
    account_id bigint,
    constraint input_move_pkey primary key (id),
    constraint input_move_input_fkey foreign key (input_id) references input (id),
    constraint input_move_record_fkey foreign key (record_id) references farm_record (id),
    constraint input_move_record_key unique (record_id),
    constraint input_move_account_fkey foreign key (account_id) references account (id),
    constraint input_move_not_nothing check (amount <> 0 or record_id is not null)
);
comment on table input_move is 'Stock of inputs: what came in (above 0) and what was used (below 0).';
comment on column input_move.id is 'Made by the client; of a use, the id of its record.';
comment on column input_move.source is 'Where it was bought, with the receipt''s number; empty for a use.';
create index input_move_input_idx on input_move (input_id);
create trigger input_move_audit after insert or update or delete on input_move
    for each row execute function note_change('id');
