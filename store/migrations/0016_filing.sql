-- 备案 as a way with steps: producers and products are written, handed in, sent back with reasons,
-- approved and suspended. Every version is kept; what was approved stands until the next version
-- is approved. And what belongs to it: earlier numbers of a product, uploaded files.

alter table producer
    add column state text not null default 'approved',
    add column version integer not null default 1,
    add column standing_version integer default 1,
    add column pending text,
    add column suspended_at timestamptz,
    add column details jsonb not null default '{}',
    add column updated_at timestamptz,
    add constraint producer_state_known
        check (state in ('draft', 'submitted', 'returned', 'approved', 'suspended')),
    add constraint producer_pending_known check (pending in ('draft', 'submitted', 'returned')),
    add constraint producer_stands_with_version
        check ((standing_version is not null) = (state in ('approved', 'suspended'))),
    add constraint producer_waits_before_it_stands
        check (standing_version is not null or pending is not distinct from state),
    add constraint producer_suspended_since
        check ((state = 'suspended') = (suspended_at is not null));
comment on table producer is '生产主体: a producer as it stands; while nothing of it was approved, as it was last written.';
comment on column producer.state is 'draft, submitted or returned while nothing was approved; then approved or suspended.';
comment on column producer.version is 'The newest version, from 1; see filing_version.';
comment on column producer.standing_version is 'The version that was approved last; null while none was.';
comment on column producer.pending is 'Where the newest version stands while it is not the standing one: draft, submitted or returned.';
comment on column producer.details is 'What no query looks into: licence pictures.';
comment on column producer.updated_at is 'When it was last written or took a step.';
update producer set updated_at = created_at;
alter table producer alter column updated_at set not null;
create index producer_updated_idx on producer (updated_at desc, id desc);

alter table product
    add column state text not null default 'approved',
    add column version integer not null default 1,
    add column standing_version integer default 1,
    add column pending text,
    add column suspended_at timestamptz,
    add column details jsonb not null default '{}',
    add column updated_at timestamptz,
    add constraint product_state_known
        check (state in ('draft', 'submitted', 'returned', 'approved', 'suspended')),
    add constraint product_pending_known check (pending in ('draft', 'submitted', 'returned')),
    add constraint product_stands_with_version
        check ((standing_version is not null) = (state in ('approved', 'suspended'))),
    add constraint product_waits_before_it_stands
        check (standing_version is not null or pending is not distinct from state),
    add constraint product_suspended_since
        check ((state = 'suspended') = (suspended_at is not null));
comment on table product is '产品: a product as it stands; while nothing of it was approved, as it was last written.';
comment on column product.state is 'draft, submitted or returned while nothing was approved; then approved or suspended.';
comment on column product.version is 'The newest version, from 1; see filing_version.';
comment on column product.standing_version is 'The version that was approved last; null while none was.';
comment on column product.pending is 'Where the newest version stands while it is not the standing one: draft, submitted or returned.';
comment on column product.details is 'What no query looks into: product standard, limits of probes and tests, pictures.';
comment on column product.updated_at is 'When it was last written or took a step.';
update product set updated_at = created_at;
alter table product alter column updated_at set not null;
create index product_updated_idx on product (updated_at desc, id desc);

create table filing_version (
    kind       text not null,
    subject_id bigint not null,
    version    integer not null,
    body       jsonb not null,
    at         timestamptz not null,
    account_id bigint,
    constraint filing_version_pkey primary key (kind, subject_id, version),
    constraint filing_version_account_fkey foreign key (account_id) references account (id),
    constraint filing_version_kind_known check (kind in ('producer', 'product'))
);
comment on table filing_version is 'What was filed of a producer or product, one row a version, never changed.';
comment on column filing_version.subject_id is 'Number of the producer or product.';
comment on column filing_version.body is 'Everything it said.';
create trigger filing_version_append_only before update or delete on filing_version
    for each row execute function refuse_change();
insert into filing_version (kind, subject_id, version, body, at)
select 'producer', id, 1,
       jsonb_build_object('credit_code', credit_code, 'name', name, 'name_en', name_en,
                          'kind', kind, 'township', township, 'address', address,
                          'contact', contact), created_at
from producer;
insert into filing_version (kind, subject_id, version, body, at)
select 'product', id, 1,
       jsonb_build_object('gtin', gtin, 'name', name, 'name_en', name_en, 'category', category,
                          'variety', variety, 'specification', specification, 'unit', unit,
                          'shelf_life_days', shelf_life_days, 'regime', regime,
                          'season', season), created_at
from product;

create table filing_step (
    id         bigint generated always as identity,
    kind       text not null,
    subject_id bigint not null,
    version    integer not null,
    step       text not null,
    from_state text not null,
    to_state   text not null,
    reason     text not null,
    at         timestamptz not null,
    account_id bigint,
    request_id uuid not null,
    constraint filing_step_pkey primary key (id),
    constraint filing_step_account_fkey foreign key (account_id) references account (id),
    constraint filing_step_request_key unique (request_id),
    constraint filing_step_kind_known check (kind in ('producer', 'product'))
);
comment on table filing_step is 'Journal of filings: each thing that a person did with one, appended and never changed.';
comment on column filing_step.step is 'write, submit, return, approve, suspend or resume.';
comment on column filing_step.from_state is 'Where the version, or what stands, was; empty where it is the first.';
comment on column filing_step.reason is 'Why, in words; empty where none is asked for. Never shown in public.';
comment on column filing_step.request_id is 'Made by the client, so that what is sent twice is done once.';
create index filing_step_subject_idx on filing_step (kind, subject_id, id);
create trigger filing_step_append_only before update or delete on filing_step
    for each row execute function refuse_change();

create table gtin_alias (
    gtin       text not null,
    product_id bigint not null,
    until      timestamptz not null,
    constraint gtin_alias_pkey primary key (gtin),
    constraint gtin_alias_product_fkey foreign key (product_id) references product (id),
    constraint gtin_alias_is_14_digits check (gtin ~ '^[0-9]{14}$')
);
comment on table gtin_alias is 'Numbers that a product had before: what was printed with them still leads to it.';
comment on column gtin_alias.until is 'When the number was corrected.';
create index gtin_alias_product_idx on gtin_alias (product_id);
create trigger gtin_alias_audit after insert or update or delete on gtin_alias
    for each row execute function note_change('gtin');

-- After the row is in its index: whoever waited for another's number there sees the alias that the
-- other left.
create function refuse_alias() returns trigger language plpgsql as $$
begin
    if exists (select from gtin_alias where gtin = new.gtin and product_id <> new.id) then
        raise exception 'the number % was another product''s', new.gtin
            using errcode = 'unique_violation', constraint = 'product_gtin_key';
    end if;
    return null;
end
$$;
comment on function refuse_alias() is 'A number that another product had before is never given again.';
create trigger product_gtin_not_alias after insert or update of gtin on product
    for each row execute function refuse_alias();

create sequence internal_gtin_seq minvalue 1 maxvalue 999999999;
comment on sequence internal_gtin_seq is 'Restricted-circulation numbers that we issue: 02, 9, then this, then the check digit.';

alter table message
    add column producer_id bigint,
    add constraint message_producer_fkey foreign key (producer_id) references producer (id),
    drop constraint message_role_known,
    add constraint message_role_known
        check (to_role in ('operator', 'supervisor', 'lab', 'producer')),
    add constraint message_to_one_producer check ((to_role = 'producer') = (producer_id is not null));
comment on column message.producer_id is 'Whose staff it is for, of a message to producers.';
comment on column message.kind is 'test_failed, interval_broken, short_receipt, filing_submitted, filing_returned, filing_approved, filing_suspended, filing_resumed and others.';

alter table plot
    add column version integer not null default 1,
    add column request_id uuid,
    add constraint plot_request_key unique (request_id);
comment on column plot.version is 'From 1; an edit names the one that it saw.';
comment on column plot.request_id is 'Made by the client, so that a form sent twice registers once; null of those from before.';

create table attachment (
    id          bigint generated always as identity,
    producer_id bigint not null,
    sha256      bytea not null,
    media_type  text not null,
    bytes       integer not null,
    at          timestamptz not null,
    account_id  bigint,
    constraint attachment_pkey primary key (id),
    constraint attachment_producer_fkey foreign key (producer_id) references producer (id),
    constraint attachment_account_fkey foreign key (account_id) references account (id),
    constraint attachment_file_key unique (producer_id, sha256),
    constraint attachment_sha256_length check (octet_length(sha256) = 32),
    constraint attachment_media_type_known
        check (media_type in ('image/jpeg', 'image/png', 'application/pdf')),
    constraint attachment_bytes_positive check (bytes > 0)
);
comment on table attachment is 'An uploaded file of a producer: a licence, a picture of a product, a scan. Its bytes are a file named by the hash, beside the pictures.';
comment on column attachment.media_type is 'By its content, whatever it was called.';
create index attachment_sha256_idx on attachment (sha256);
create trigger attachment_audit after insert or update or delete on attachment
    for each row execute function note_change('id');

create table credential (
    id              uuid not null,
    producer_id     bigint not null,
    product_id      bigint,
    kind            text not null,
    number          text not null,
    issuer          text not null,
    scan            bytea,
    valid_from      date not null,
    valid_to        date not null,
    state           text not null,
    reason          text not null default '',
    version         integer not null default 1,
    updated_at      timestamptz not null,
    account_id      bigint,
    reminded_at     timestamptz,
    expiry_told_at  timestamptz,
    constraint credential_pkey primary key (id),
    constraint credential_producer_fkey foreign key (producer_id) references producer (id),
    constraint credential_product_fkey foreign key (product_id) references product (id),
    constraint credential_account_fkey foreign key (account_id) references account (id),
    constraint credential_scan_fkey foreign key (producer_id, scan) references attachment (producer_id, sha256),
    constraint credential_kind_known check (kind in ('sc', 'green', 'organic', 'origin', 'quality')),
    constraint credential_state_known check (state in ('submitted', 'returned', 'approved', 'withdrawn')),
    constraint credential_period_ordered check (valid_from <= valid_to)
);
comment on table credential is '资质证书 that somebody else issued: SC, 绿色食品, 有机产品, 农产品地理标志, 质量管理体系. Not the 承诺达标合格证 of a lot, which is `certificate`.';
comment on column credential.id is 'Made by the client.';
comment on column credential.product_id is 'The product that it is for; null for all of the producer.';
comment on column credential.kind is 'sc (SC 食品生产许可), green (绿色食品), organic (有机产品), origin (农产品地理标志) or quality (质量管理体系).';
comment on column credential.issuer is 'The body that issued it.';
comment on column credential.scan is 'SHA-256 of its scan, an attachment of the producer.';
comment on column credential.valid_to is 'Last day.';
comment on column credential.state is 'submitted or returned until a supervisor has compared it with its scan; approved ones count; withdrawn ones never more.';
comment on column credential.reason is 'Why it was returned or withdrawn.';
comment on column credential.reminded_at is 'When its holder was told that it will expire.';
comment on column credential.expiry_told_at is 'When its holder was told that it has expired.';
-- What was withdrawn by mistake can be filed again.
create unique index credential_number_key
    on credential (producer_id, coalesce(product_id, 0), kind, number, valid_from)
    where state <> 'withdrawn';
create index credential_producer_idx on credential (producer_id, valid_to);
create index credential_product_idx on credential (product_id);
create index credential_watch_idx on credential (valid_to) where state = 'approved' and expiry_told_at is null;
create trigger credential_audit after insert or update or delete on credential
    for each row execute function note_change('id');

create table relief (
    producer_id   bigint not null,
    households    integer not null,
    free_tests    integer not null,
    since         date not null,
    until         date,
    note          text not null,
    version       integer not null,
    updated_at    timestamptz not null,
    account_id    bigint,
    constraint relief_pkey primary key (producer_id),
    constraint relief_producer_fkey foreign key (producer_id) references producer (id),
    constraint relief_account_fkey foreign key (account_id) references account (id),
    constraint relief_households_not_negative check (households >= 0),
    constraint relief_free_tests_in_range check (free_tests between 0 and 10000),
    constraint relief_period_ordered check (until is null or since <= until)
);
comment on table relief is 'Producers that are or work with households of the poverty relief programme. Never shown in public, nor to other producers.';
comment on column relief.households is 'Households linked to it; 0 where the producer itself is one.';
comment on column relief.free_tests is 'Free quick tests a calendar year that the plan gives it.';
comment on column relief.until is 'Last day; null while it lasts.';
create trigger relief_audit after insert or update or delete on relief
    for each row execute function note_change('producer_id');
