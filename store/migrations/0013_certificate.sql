-- 承诺达标合格证: issued per lot, numbered, never changed; a void is told beside it.

create table certificate (
    id          bigint generated always as identity,
    lot_id      bigint not null,
    version     integer not null,
    number      text not null,
    basis       text not null,
    quantity    double precision not null,
    unit        text not null,
    body        jsonb not null,
    issued_at   timestamptz not null,
    account_id  bigint,
    request_id  uuid not null,
    voided_at   timestamptz,
    void_reason text,
    constraint certificate_pkey primary key (id),
    constraint certificate_lot_fkey foreign key (lot_id) references lot (id),
    constraint certificate_account_fkey foreign key (account_id) references account (id),
    constraint certificate_number_key unique (number),
    constraint certificate_version_key unique (lot_id, version),
    constraint certificate_request_key unique (request_id),
    constraint certificate_basis_known
        check (basis in ('quality_control', 'own_test', 'commissioned_test')),
    constraint certificate_quantity_positive check (quantity > 0),
    constraint certificate_void_has_reason check ((voided_at is null) = (void_reason is null))
);
comment on table certificate is '承诺达标合格证 (农业农村部令 2025 年第 4 号) of a lot.';
comment on column certificate.version is 'Which one of its lot, from 1.';
comment on column certificate.number is 'Day of issue and number here.';
comment on column certificate.basis is 'Exactly one of 质量安全控制符合要求 (quality_control), 自行检测合格 (own_test), 委托检测合格 (commissioned_test).';
comment on column certificate.body is 'What it said when it was issued: product, quantity, origin, producer, contact, day.';
create index certificate_lot_idx on certificate (lot_id);
create trigger certificate_audit after insert or update or delete on certificate
    for each row execute function note_change('id');
