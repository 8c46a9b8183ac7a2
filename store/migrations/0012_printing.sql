-- Printing labels: the county's printers with their habits, jobs that can be paused, resumed at a
-- number and cancelled, and the ledger of what became of each label of a run.

create table printer (
    id          bigint generated always as identity,
    producer_id bigint,
    name        text not null,
    address     text not null,
    language    text not null,
    dpi         smallint not null,
    offset_x_mm real not null,
    offset_y_mm real not null,
    scale       real not null,
    gap_mm      real not null,
    cut         boolean not null,
    created_at  timestamptz not null,
    created_by  bigint,
    constraint printer_pkey primary key (id),
    constraint printer_producer_fkey foreign key (producer_id) references producer (id),
    constraint printer_account_fkey foreign key (created_by) references account (id),
    constraint printer_name_key unique (name),
    constraint printer_language_known check (language in ('tspl', 'zpl', 'escpos', 'pdf')),
    constraint printer_dpi_known check (dpi in (203, 300)),
    constraint printer_offset_in_range check (
        offset_x_mm between -20 and 20 and offset_y_mm between -20 and 20
    ),
    constraint printer_scale_in_range check (scale between 0.95 and 1.05),
    constraint printer_gap_in_range check (gap_mm between 0 and 20)
);
comment on table printer is 'A printer that this server reaches.';
comment on column printer.producer_id is 'Whose it is; null where every producer may use it.';
comment on column printer.name is 'What people call it.';
comment on column printer.address is 'tcp://HOST:9100, file:///dev/usb/lp0 or ipp://HOST:631/printers/NAME.';
comment on column printer.language is 'What it understands.';
comment on column printer.dpi is 'Dots an inch.';
comment on column printer.offset_x_mm is 'Everything is printed this much further right.';
comment on column printer.offset_y_mm is 'Everything is printed this much further down.';
comment on column printer.scale is 'Everything is printed this many times larger; only in PDF.';
comment on column printer.gap_mm is 'Gap between two labels of the roll; 0 for continuous paper.';
comment on column printer.cut is 'Whether each label is cut off.';
create trigger printer_audit after insert or update or delete on printer
    for each row execute function note_change('id');

create table print_job (
    id           bigint generated always as identity,
    run_id       bigint not null,
    printer_id   bigint not null,
    first_number integer not null,
    last_number  integer not null,
    next_number  integer not null,
    state        text not null,
    problem      text,
    reason       text,
    request_id   uuid not null,
    leased_until timestamptz,
    created_at   timestamptz not null,
    changed_at   timestamptz not null,
    created_by   bigint,
    constraint print_job_pkey primary key (id),
    constraint print_job_run_fkey foreign key (run_id) references label_run (id),
    constraint print_job_printer_fkey foreign key (printer_id) references printer (id),
    constraint print_job_account_fkey foreign key (created_by) references account (id),
    constraint print_job_request_key unique (request_id),
    constraint print_job_state_known check (
        state in ('waiting', 'printing', 'paused', 'done', 'cancelled')
    ),
    constraint print_job_numbers_ordered check (
        1 <= first_number and first_number <= last_number
        and next_number between first_number and last_number + 1
    ),
    constraint print_job_lease_while_printing check ((state = 'printing') = (leased_until is not null))
);
create index print_job_run_idx on print_job (run_id);
create index print_job_open_idx on print_job (printer_id, id) where state in ('waiting', 'printing');
comment on table print_job is 'Labels of a run that are sent to a printer one after the other.';
comment on column print_job.first_number is 'First label, by its place in the run.';
comment on column print_job.last_number is 'Last label.';
comment on column print_job.next_number is 'The label that is sent next; those before it were taken by the printer.';
comment on column print_job.state is 'waiting for its printer, printing, paused by a person or a fault, done, cancelled.';
comment on column print_job.problem is 'Why it was paused, in words; null where a person did it.';
comment on column print_job.reason is 'Why labels are printed again.';
comment on column print_job.request_id is 'Made by the client, so that a form sent twice makes one job.';
comment on column print_job.leased_until is 'A printing job whose lease is over lost its server.';

create table label_ledger (
    id           bigint generated always as identity,
    run_id       bigint not null,
    first_number integer not null,
    last_number  integer not null,
    kind         text not null,
    reason       text not null,
    request_id   uuid not null,
    at           timestamptz not null,
    account_id   bigint,
    constraint label_ledger_pkey primary key (id),
    constraint label_ledger_run_fkey foreign key (run_id) references label_run (id),
    constraint label_ledger_account_fkey foreign key (account_id) references account (id),
    constraint label_ledger_request_key unique (request_id),
    constraint label_ledger_kind_known check (kind in ('printed', 'spoiled', 'voided')),
    constraint label_ledger_numbers_ordered check (1 <= first_number and first_number <= last_number),
    constraint label_ledger_reason_given check (kind = 'printed' or reason <> '')
);
create index label_ledger_run_idx on label_ledger (run_id);
comment on table label_ledger is 'What became of labels, as people say it; jobs say themselves how far they came.';
comment on column label_ledger.first_number is 'First label, by its place in the run.';
comment on column label_ledger.last_number is 'Last label.';
comment on column label_ledger.kind is 'printed elsewhere, spoiled on paper, or voided: a voided code is not valid any more.';
comment on column label_ledger.reason is 'Why; may be empty where labels were printed.';
create trigger label_ledger_append_only before update or delete on label_ledger
    for each row execute function refuse_change();
