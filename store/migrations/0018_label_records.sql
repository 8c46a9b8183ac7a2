-- 追溯标识: labels that are printed before their lot is known, which lot a range of labels was bound
-- to, when they became valid, and how often each was asked for by day and township. And what a
-- recall is told to shops, and the indexes that a county of 200,000 lots needs.

alter table label_run
    add column product_id bigint,
    add column on_activation boolean not null default false,
    alter column lot_id drop not null,
    add constraint label_run_product_fkey foreign key (product_id) references product (id);
update label_run set product_id = lot.product_id from lot where lot.id = label_run.lot_id;
alter table label_run alter column product_id set not null;
comment on table label_run is 'Labels made together: for one lot, or for a product whose lot is not known yet.';
comment on column label_run.lot_id is 'The lot that they were issued for; null where ranges are bound to lots later.';
comment on column label_run.on_activation is 'Their codes say so plainly until they are activated; others answer as soon as they are bound.';
create index label_run_lot_idx on label_run (lot_id);
create index label_run_product_idx on label_run (product_id, id desc);

create table label_binding (
    id           bigint generated always as identity,
    run_id       bigint not null,
    first_number integer not null,
    last_number  integer not null,
    lot_id       bigint not null,
    request_id   uuid not null,
    at           timestamptz not null,
    account_id   bigint,
    constraint label_binding_pkey primary key (id),
    constraint label_binding_run_fkey foreign key (run_id) references label_run (id),
    constraint label_binding_lot_fkey foreign key (lot_id) references lot (id),
    constraint label_binding_account_fkey foreign key (account_id) references account (id),
    constraint label_binding_request_key unique (request_id),
    constraint label_binding_numbers_ordered check (1 <= first_number and first_number <= last_number),
    constraint label_binding_numbers_in_run check (last_number <= 131072),
    -- Run and number as one line of numbers, 2^17 a run: no label is bound twice.
    constraint label_binding_once exclude using gist (
        int8range(run_id * 131072 + first_number, run_id * 131072 + last_number, '[]') with &&
    )
);
comment on table label_binding is 'Which lot a range of labels is of; a label without a row here is of none yet.';
comment on column label_binding.first_number is 'First label, by its place in the run.';
comment on column label_binding.last_number is 'Last label.';
create index label_binding_run_idx on label_binding (run_id, first_number);
create index label_binding_lot_idx on label_binding (lot_id);
insert into label_binding (run_id, first_number, last_number, lot_id, request_id, at, account_id)
    select id, 1, count, lot_id, request_id, created_at, created_by from label_run;
create trigger label_binding_append_only before update or delete on label_binding
    for each row execute function refuse_change();

alter table label_ledger
    drop constraint label_ledger_kind_known,
    add constraint label_ledger_kind_known
        check (kind in ('printed', 'spoiled', 'voided', 'activated')),
    drop constraint label_ledger_reason_given,
    add constraint label_ledger_reason_given check (kind in ('printed', 'activated') or reason <> '');
comment on column label_ledger.kind is 'printed elsewhere, spoiled on paper, activated: its code answers from now on, or voided: a voided code is not valid any more.';

alter table label add column copy_suspected_at timestamptz;
comment on column label.copy_suspected_at is 'When the rule for copies first spoke; null while the queries look like those of one item.';
create index label_copy_suspected_idx on label (copy_suspected_at desc) where copy_suspected_at is not null;

create table scan_day (
    serial text not null,
    day    date not null,
    place  text not null,
    count  integer not null,
    constraint scan_day_pkey primary key (serial, day, place),
    constraint scan_day_count_positive check (count > 0)
);
comment on table scan_day is 'How often a code was asked for, by day and place. Nothing about who asked is kept: no address, no browser, no cookie, no hour.';
comment on column scan_day.day is 'In China.';
comment on column scan_day.place is 'A township or a kiosk''s place, no finer; empty where nothing was said.';
comment on column scan_day.count is 'Queries. Those from before this table are in label.scan_count only.';
create index scan_day_day_idx on scan_day (day);

create table recall_notice (
    recall_id  bigint not null,
    version    integer not null,
    notice_zh  text not null,
    notice_en  text not null,
    at         timestamptz not null,
    account_id bigint,
    constraint recall_notice_pkey primary key (recall_id, version),
    constraint recall_notice_recall_fkey foreign key (recall_id) references recall (id),
    constraint recall_notice_account_fkey foreign key (account_id) references account (id)
);
comment on table recall_notice is '公告 as people worded it; the generated one stands in recall and the newest one counts.';
create trigger recall_notice_append_only before update or delete on recall_notice
    for each row execute function refuse_change();

-- Lists of a large county, each along an index in the order that it is shown in.
drop index lot_created_idx;
create index lot_created_idx on lot (created_at desc, id desc);
create index lot_state_idx on lot (state, created_at desc, id desc);
create index lot_code_idx on lot (code collate "C", id);
create index lot_harvested_idx on lot (coalesce(harvested_on, '0001-01-01') desc, id desc);
create index test_result_tested_idx on test_result (tested_at desc, id desc);
create index shipment_shipped_idx on shipment (shipped_at, id);
create index shipment_receiver_idx on shipment (to_party_id);
