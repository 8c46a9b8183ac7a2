-- The first whole slice: who farms what and where, which probe stands on which plot, what it
-- reported, what was refused, which lots came of it, how they were tested and labelled, and the
-- alarms on the way. Everything later adds to this; a released migration never changes.

create table setting (
    key   text not null,
    value text not null,
    constraint setting_pkey primary key (key)
);
comment on table setting is 'Facts about this installation as a whole.';
comment on column setting.key is 'What is set, for example demo.';
comment on column setting.value is 'Its value as text.';

-- 备案: who produces ---------------------------------------------------------------------------

create table producer (
    id          bigint generated always as identity,
    credit_code text not null,
    name        text not null,
    name_en     text not null,
    kind        text not null,
    township    text not null,
    address     text not null,
    contact     text not null,
    created_at  timestamptz not null,
    constraint producer_pkey primary key (id),
    constraint producer_credit_code_key unique (credit_code),
    constraint producer_kind_known check (kind in ('cooperative', 'company', 'household'))
);
comment on table producer is '生产主体: a filed producer.';
comment on column producer.credit_code is '统一社会信用代码, 18 characters with the GB 32100 check character.';
comment on column producer.name is 'Registered name, Chinese.';
comment on column producer.name_en is 'Name for English pages.';
comment on column producer.kind is 'cooperative, company or household.';
comment on column producer.township is '乡镇: the finest place that a public page shows.';
comment on column producer.address is 'Business address.';
comment on column producer.contact is 'Business contact that the certificate rule demands; never a private person''s number.';

create table product (
    id              bigint generated always as identity,
    producer_id     bigint not null,
    gtin            text not null,
    name            text not null,
    name_en         text not null,
    category        text not null,
    variety         text not null,
    specification   text not null,
    unit            text not null,
    shelf_life_days integer not null,
    regime          text not null,
    season          text not null,
    created_at      timestamptz not null,
    constraint product_pkey primary key (id),
    constraint product_producer_fkey foreign key (producer_id) references producer (id),
    constraint product_gtin_key unique (gtin),
    constraint product_gtin_is_14_digits check (gtin ~ '^[0-9]{14}$'),
    constraint product_regime_known check (regime in ('promise', 'sc', 'workshop')),
    constraint product_shelf_life_positive check (shelf_life_days > 0)
);
comment on table product is '产品: a filed product of one producer.';
comment on column product.gtin is 'GTIN-14; prefixes 02 and 20 to 29 are restricted-circulation numbers that we issue.';
comment on column product.category is '猕猴桃, 大米, 莓茶 and so on: the plan''s list.';
comment on column product.specification is 'Pack and grade as sold, for example 礼盒 5 kg.';
comment on column product.unit is 'Unit of lot quantities, UN/ECE Rec 20, for example KGM.';
comment on column product.regime is 'Document that goes with it: promise (承诺达标合格证), sc (SC licence), workshop (小作坊).';
comment on column product.season is 'When it is harvested or made, in words.';
create index product_producer_idx on product (producer_id);

create table plot (
    id          bigint generated always as identity,
    producer_id bigint not null,
    name        text not null,
    name_en     text not null,
    township    text not null,
    area_mu     real not null,
    altitude_m  integer not null,
    latitude    double precision not null,
    longitude   double precision not null,
    constraint plot_pkey primary key (id),
    constraint plot_producer_fkey foreign key (producer_id) references producer (id),
    constraint plot_name_key unique (producer_id, name),
    constraint plot_area_positive check (area_mu > 0)
);
comment on table plot is '地块 or workshop room: where something grows or is made and probes stand.';
comment on column plot.area_mu is 'Area in mu (亩, 1/15 hectare).';
comment on column plot.altitude_m is 'Metres above sea level.';
comment on column plot.latitude is 'WGS-84 degrees; never shown in public finer than the township.';
comment on column plot.longitude is 'WGS-84 degrees; never shown in public finer than the township.';

-- Who signs in -----------------------------------------------------------------------------------

create table account (
    id            bigint generated always as identity,
    login         text not null,
    display_name  text not null,
    role          text not null,
    producer_id   bigint,
    password_hash text not null,
    created_at    timestamptz not null,
    constraint account_pkey primary key (id),
    constraint account_login_key unique (login),
    constraint account_role_known check (role in ('operator', 'supervisor', 'producer', 'lab')),
    constraint account_producer_fkey foreign key (producer_id) references producer (id),
    constraint account_producer_with_role check ((role = 'producer') = (producer_id is not null))
);
comment on table account is 'A person who signs in at a desk.';
comment on column account.role is 'operator, supervisor, producer (staff of one producer) or lab.';
comment on column account.password_hash is 'Argon2id in PHC string form.';

create table session (
    token_hash bytea not null,
    account_id bigint not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint session_pkey primary key (token_hash),
    constraint session_account_fkey foreign key (account_id) references account (id) on delete cascade
);
comment on table session is 'A sign-in: the token itself is never stored.';
comment on column session.token_hash is 'SHA-256 of the bearer token or cookie value.';
comment on column session.expires_at is 'After this the token is worth nothing.';
create index session_expires_idx on session (expires_at);

-- Devices ----------------------------------------------------------------------------------------

create table gateway (
    id           text not null,
    name         text not null,
    key_salt     bytea not null,
    key_hash     bytea not null,
    enabled      boolean not null default true,
    online       boolean not null default false,
    last_seen_at timestamptz,
    created_at   timestamptz not null,
    constraint gateway_pkey primary key (id)
);
comment on table gateway is 'What signs in over MQTT: its id is user name and topic level.';
comment on column gateway.key_salt is '16 random bytes.';
comment on column gateway.key_hash is 'SHA-256 of salt and key; keys are made by us with 128 bits of chance, so no slow hash is needed.';
comment on column gateway.online is 'Last state that the gateway or its last will reported.';
comment on column gateway.last_seen_at is 'When a reading or state of it last arrived.';

create table probe_profile (
    id               integer generated always as identity,
    name             text not null,
    interval_seconds integer not null,
    constraint probe_profile_pkey primary key (id),
    constraint probe_profile_interval_positive check (interval_seconds > 0)
);
comment on table probe_profile is 'What a model of probe measures, and how often.';
comment on column probe_profile.interval_seconds is 'Expected seconds between two reports: completeness is counted against it.';

create table profile_channel (
    profile_id integer not null,
    index      smallint not null,
    name       text not null,
    quantity   text not null,
    unit       text not null,
    depth_cm   smallint,
    valid_min  real not null,
    valid_max  real not null,
    constraint profile_channel_pkey primary key (profile_id, index),
    constraint profile_channel_profile_fkey foreign key (profile_id) references probe_profile (id),
    constraint profile_channel_name_key unique (profile_id, name),
    constraint profile_channel_range_ordered check (valid_min < valid_max)
);
comment on table profile_channel is 'One measured quantity of a profile: a slot in report.values.';
comment on column profile_channel.index is 'Slot in report.values, from 0.';
comment on column profile_channel.name is 'Name in telemetry, for example soil-moisture.';
comment on column profile_channel.quantity is 'What is measured, see model::unit::Quantity.';
comment on column profile_channel.unit is 'SenML unit, for example Cel or %RH.';
comment on column profile_channel.depth_cm is 'Depth below ground in centimetres, null above ground.';
comment on column profile_channel.valid_min is 'Least value the probe can physically mean.';
comment on column profile_channel.valid_max is 'Greatest value the probe can physically mean.';

create table probe (
    id         integer generated always as identity,
    gateway_id text not null,
    name       text not null,
    profile_id integer not null,
    created_at timestamptz not null,
    constraint probe_pkey primary key (id),
    constraint probe_gateway_fkey foreign key (gateway_id) references gateway (id),
    constraint probe_profile_fkey foreign key (profile_id) references probe_profile (id),
    constraint probe_name_key unique (gateway_id, name)
);
comment on table probe is 'A probe at a gateway.';
comment on column probe.name is 'Topic level, unique at its gateway.';

create table probe_placement (
    probe_id   integer not null,
    plot_id    bigint not null,
    valid_from timestamptz not null,
    valid_to   timestamptz,
    constraint probe_placement_pkey primary key (probe_id, valid_from),
    constraint probe_placement_probe_fkey foreign key (probe_id) references probe (id),
    constraint probe_placement_plot_fkey foreign key (plot_id) references plot (id),
    constraint probe_placement_ordered check (valid_to is null or valid_from < valid_to)
);
comment on table probe_placement is 'Which plot a probe stood on, and when: the right readings belong to the right lot.';
comment on column probe_placement.valid_to is 'End, exclusive; null while it still stands there.';
create index probe_placement_plot_idx on probe_placement (plot_id);

-- Readings ---------------------------------------------------------------------------------------

-- One row a report. TimescaleDB cannot take over a table that is partitioned already, so the same
-- columns become a hypertable where the extension is, and monthly partitions where it is not
-- (store::partition makes them ahead; the default one catches strays).
do $$
begin
    if exists (select from pg_extension where extname = 'timescaledb') then
        create table report (
            probe_id integer not null,
            time     timestamptz not null,
            arrived  timestamptz not null,
            values   real[] not null,
            constraint report_pkey primary key (probe_id, time)
        );
        perform create_hypertable('report', 'time', chunk_time_interval => interval '7 days');
    else
        create table report (
            probe_id integer not null,
            time     timestamptz not null,
            arrived  timestamptz not null,
            values   real[] not null,
            constraint report_pkey primary key (probe_id, time)
        ) partition by range (time);
        create table report_default partition of report default;
    end if;
end
$$;
comment on table report is 'Everything a probe said at one time: one row a report, one slot a channel.';
comment on column report.probe_id is 'The probe; no foreign key, the writer resolves it and probes are never deleted.';
comment on column report.time is 'When it was measured, by the device''s clock, or its arrival where the pack named no time.';
comment on column report.arrived is 'When the first part of it arrived here.';
comment on column report.values is 'One slot a channel of the probe''s profile; null where the pack did not have it.';

create table dirty_hour (
    id       bigint generated always as identity,
    probe_id integer not null,
    hour     timestamptz not null,
    constraint dirty_hour_pkey primary key (id)
);
comment on table dirty_hour is 'Hours whose rollups and alarms wait for settling; written with the reports, removed when settled. Not unique on purpose: a mark that was not yet visible when an earlier one was settled must survive.';
comment on column dirty_hour.hour is 'Start of the UTC hour that received a report.';

create table rollup_hour (
    probe_id    integer not null,
    channel     smallint not null,
    hour        timestamptz not null,
    n           integer not null,
    expected    integer not null,
    min         real not null,
    max         real not null,
    sum         double precision not null,
    sum_squares double precision not null,
    first       real not null,
    last        real not null,
    constraint rollup_hour_pkey primary key (probe_id, channel, hour)
);
comment on table rollup_hour is 'A channel''s hour, recomputed whenever a report of it arrives, however late.';
comment on column rollup_hour.hour is 'Start of the UTC hour.';
comment on column rollup_hour.n is 'Values present.';
comment on column rollup_hour.expected is 'Values that the profile''s interval promises.';
comment on column rollup_hour.sum_squares is 'Sum of squared values, for the standard deviation.';

create table rollup_day (
    probe_id    integer not null,
    channel     smallint not null,
    day         date not null,
    n           integer not null,
    expected    integer not null,
    min         real not null,
    max         real not null,
    sum         double precision not null,
    sum_squares double precision not null,
    first       real not null,
    last        real not null,
    constraint rollup_day_pkey primary key (probe_id, channel, day)
);
comment on table rollup_day is 'A channel''s day in China standard time, added up from its hours.';
comment on column rollup_day.day is 'Calendar day in China standard time (UTC+8).';

create table dead_letter (
    id            bigint generated always as identity,
    arrived_at    timestamptz not null,
    gateway       text,
    topic         text not null,
    reason        text not null,
    detail        text not null,
    payload       bytea not null,
    payload_bytes integer not null,
    constraint dead_letter_pkey primary key (id)
);
comment on table dead_letter is 'What was refused: its bytes, where it came from, and why.';
comment on column dead_letter.gateway is 'User name it came with, null where none was given.';
comment on column dead_letter.reason is 'Machine-readable word, see ingest::DeadReason.';
comment on column dead_letter.detail is 'The reason for a person.';
comment on column dead_letter.payload_bytes is 'Size as it arrived; the payload itself is empty where it was not read.';

-- Alarms -----------------------------------------------------------------------------------------

create table alarm_rule (
    id          bigint generated always as identity,
    probe_id    integer not null,
    channel     smallint not null,
    name        text not null,
    name_en     text not null,
    bound       text not null,
    limit_value real not null,
    hold_s      integer not null,
    severity    text not null,
    constraint alarm_rule_pkey primary key (id),
    constraint alarm_rule_probe_fkey foreign key (probe_id) references probe (id),
    constraint alarm_rule_name_key unique (probe_id, name),
    constraint alarm_rule_bound_known check (bound in ('below', 'above')),
    constraint alarm_rule_severity_known check (severity in ('critical', 'high', 'medium', 'low')),
    constraint alarm_rule_hold_not_negative check (hold_s >= 0)
);
comment on table alarm_rule is 'When a probe''s channel calls for a person.';
comment on column alarm_rule.bound is 'below: alarms under the limit; above: over it.';
comment on column alarm_rule.hold_s is 'Seconds the value must stay beyond the limit (ISA-18.2 on-delay).';

create table alarm (
    id              bigint generated always as identity,
    rule_id         bigint not null,
    raised_at       timestamptz not null,
    detected_at     timestamptz not null,
    extreme         real not null,
    last_value      real not null,
    last_at         timestamptz not null,
    cleared_at      timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by bigint,
    note            text not null default '',
    constraint alarm_pkey primary key (id),
    constraint alarm_rule_fkey foreign key (rule_id) references alarm_rule (id),
    constraint alarm_account_fkey foreign key (acknowledged_by) references account (id),
    constraint alarm_acknowledged_by_someone check ((acknowledged_at is null) = (acknowledged_by is null)),
    constraint alarm_onset_key unique (rule_id, raised_at)
);
comment on table alarm is 'One time a rule called: from the first value beyond the limit to the first one back.';
comment on column alarm.raised_at is 'Time of the first reading beyond the limit.';
comment on column alarm.detected_at is 'When the system found it.';
comment on column alarm.extreme is 'Farthest value beyond the limit so far.';
comment on column alarm.last_value is 'Newest value while active.';
comment on column alarm.cleared_at is 'Time of the first reading back within the limit, null while active.';
create index alarm_raised_idx on alarm (raised_at desc);
create unique index alarm_one_active_idx on alarm (rule_id) where cleared_at is null;

-- Lots, events, tests, labels --------------------------------------------------------------------

create table lot (
    id           bigint generated always as identity,
    product_id   bigint not null,
    plot_id      bigint not null,
    code         text not null,
    state        text not null,
    started_on   date not null,
    harvested_on date,
    quantity     double precision not null,
    recall_reason text,
    request_id   uuid not null,
    created_at   timestamptz not null,
    created_by   bigint,
    constraint lot_pkey primary key (id),
    constraint lot_product_fkey foreign key (product_id) references product (id),
    constraint lot_plot_fkey foreign key (plot_id) references plot (id),
    constraint lot_account_fkey foreign key (created_by) references account (id),
    constraint lot_code_key unique (product_id, code),
    constraint lot_request_key unique (request_id),
    constraint lot_code_alphabet check (code ~ '^[A-Z0-9-]{1,20}$'),
    constraint lot_state_known check (state in ('growing', 'harvested', 'in_test', 'released', 'held', 'shipped', 'sold_out', 'recalled')),
    constraint lot_period_ordered check (harvested_on is null or started_on <= harvested_on),
    constraint lot_quantity_positive check (quantity > 0),
    constraint lot_recall_has_reason check ((state = 'recalled') = (recall_reason is not null))
);
comment on table lot is '批次: what was grown or made together, and its state now.';
comment on column lot.code is 'GS1 AI 10, [A-Z0-9-]{1,20}, unique for its product.';
comment on column lot.state is 'See model::lot::LotState; only its transitions are legal.';
comment on column lot.started_on is 'First day of the growing or making period.';
comment on column lot.harvested_on is 'Last day of it, null while growing.';
comment on column lot.quantity is 'In the product''s unit.';
comment on column lot.request_id is 'Made by the client, so that a form sent twice registers once.';
create index lot_plot_idx on lot (plot_id);
create index lot_created_idx on lot (created_at desc);

create table event (
    id          bigint generated always as identity,
    lot_id      bigint not null,
    event_id    text not null,
    biz_step    text not null,
    event_time  timestamptz not null,
    record_time timestamptz not null,
    account_id  bigint,
    body        jsonb not null,
    constraint event_pkey primary key (id),
    constraint event_lot_fkey foreign key (lot_id) references lot (id),
    constraint event_account_fkey foreign key (account_id) references account (id),
    constraint event_id_key unique (event_id)
);
comment on table event is 'The record: EPCIS 2.0 events, appended and never changed; a correction is another event.';
comment on column event.event_id is 'CBV 2.0 event hash id, ni:///sha-256;…';
comment on column event.biz_step is 'CBV business step, for example inspecting.';
comment on column event.event_time is 'When it happened.';
comment on column event.record_time is 'When it was written down here.';
comment on column event.body is 'The whole event as EPCIS JSON-LD without recordTime.';
create index event_lot_idx on event (lot_id, event_time);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are append-only', tg_table_name using errcode = 'restrict_violation';
end
$$;
comment on function refuse_change() is 'Keeps append-only tables append-only, whoever asks.';
create trigger event_append_only before update or delete on event
    for each row execute function refuse_change();

create table test_result (
    id          bigint generated always as identity,
    lot_id      bigint not null,
    sample_code text not null,
    item        text not null,
    method      text not null,
    qualifier   text not null,
    value       real not null,
    unit        text not null,
    limit_value real not null,
    verdict     text not null,
    tested_at   timestamptz not null,
    recorded_at timestamptz not null,
    account_id  bigint,
    request_id  uuid not null,
    constraint test_result_pkey primary key (id),
    constraint test_result_lot_fkey foreign key (lot_id) references lot (id),
    constraint test_result_account_fkey foreign key (account_id) references account (id),
    constraint test_result_request_key unique (request_id),
    constraint test_result_qualifier_known check (qualifier in ('', '<')),
    constraint test_result_verdict_known check (verdict in ('pass', 'fail'))
);
comment on table test_result is '检测: one result of one sample of a lot.';
comment on column test_result.item is 'What was looked for, for example 有机磷和氨基甲酸酯类农药 inhibition.';
comment on column test_result.method is 'Standard or method, for example GB/T 5009.199-2003.';
comment on column test_result.qualifier is '< where the value is the limit of quantification and the result lies below it.';
comment on column test_result.limit_value is 'At or above this the sample fails; it belongs to the method.';
comment on column test_result.verdict is 'pass or fail, computed when the result was entered.';
create index test_result_lot_idx on test_result (lot_id);

create table label_run (
    id         bigint generated always as identity,
    lot_id     bigint not null,
    size       text not null,
    count      integer not null,
    request_id uuid not null,
    created_at timestamptz not null,
    created_by bigint,
    constraint label_run_pkey primary key (id),
    constraint label_run_lot_fkey foreign key (lot_id) references lot (id),
    constraint label_run_account_fkey foreign key (created_by) references account (id),
    constraint label_run_request_key unique (request_id),
    constraint label_run_count_in_range check (count between 1 and 100000)
);
comment on table label_run is 'Labels made together for one lot.';
comment on column label_run.size is 'Template, for example 40x30.';

create table label (
    serial          text not null,
    run_id          bigint not null,
    number          integer not null,
    first_scanned_at timestamptz,
    scan_count      integer not null default 0,
    constraint label_pkey primary key (serial),
    constraint label_run_fkey foreign key (run_id) references label_run (id),
    constraint label_number_key unique (run_id, number)
);
comment on table label is 'One printed code.';
comment on column label.serial is 'GS1 AI 21: 13 Crockford base32 characters, 64 random bits.';
comment on column label.number is 'Place in its run, from 1.';
comment on column label.first_scanned_at is 'First time its page was opened.';
comment on column label.scan_count is 'How often its page was opened.';
