-- What a reading's time and values are worth. Clocks that are years off and values that a probe
-- cannot physically mean are kept and flagged, never dropped and never believed: a reading with
-- such a clock is stored at its arrival with the device's own time beside it, and a value outside
-- its channel's range stays out of the rollups and alarms. All new columns of report are null for
-- an ordinary report, which costs no byte, and have no default, which TimescaleDB demands of a
-- compressed table.

alter table report
    add column device_time timestamptz,
    add column flags       smallint,
    add column outside     bigint;
comment on column report.time is 'When it was measured: by the device''s clock, or counted from the arrival where flags says so.';
comment on column report.device_time is 'What the device''s clock said, where that is not the time used; null otherwise.';
comment on column report.flags is 'What there is to remark, null for nothing. Bits: 1 the pack named no time of its own, the arrival counts; 2 the clock was behind the bound; 4 it was ahead of it; 8 some value lies outside its channel''s range.';
comment on column report.outside is 'One bit a slot of values, from the lowest: 1 where the value lies outside the channel''s range as it was on that day; null for none.';

alter table rollup_hour
    add column outside integer not null default 0,
    alter column min drop not null,
    alter column max drop not null,
    alter column first drop not null,
    alter column last drop not null,
    add constraint rollup_hour_summed check ((n = 0) = (min is null));
comment on column rollup_hour.n is 'Values present and within the channel''s range.';
comment on column rollup_hour.outside is 'Values present and outside the channel''s range: in no other column of this row.';
comment on column rollup_hour.min is 'Least value, null where all lie outside the range.';

alter table rollup_day
    add column outside integer not null default 0,
    alter column min drop not null,
    alter column max drop not null,
    alter column first drop not null,
    alter column last drop not null,
    add constraint rollup_day_summed check ((n = 0) = (min is null));
comment on column rollup_day.n is 'Values present and within the channel''s range.';
comment on column rollup_day.outside is 'Values present and outside the channel''s range: in no other column of this row.';
comment on column rollup_day.min is 'Least value, null where all lie outside the range.';

create table clamped_report (
    probe_id    integer not null,
    device_time timestamptz not null,
    digest      bigint not null,
    time        timestamptz not null,
    constraint clamped_report_pkey primary key (probe_id, device_time, digest)
);
comment on table clamped_report is 'Reports that are stored at another time than the device said. A resend of one arrives at another moment and would be stored there once more; it is known by this.';
comment on column clamped_report.device_time is 'What the device''s clock said.';
comment on column clamped_report.digest is 'First eight bytes of the SHA-256 of the values.';
comment on column clamped_report.time is 'Where the report is stored.';
create index clamped_report_time_idx on clamped_report (time);

create function outside_of_filled(present real[], incoming real[], outside bigint) returns bigint
    language sql immutable parallel safe as $$
    select coalesce(bit_or(outside & (1::bigint << (place - 1)::integer)), 0)
    from unnest(present, incoming) with ordinality as slot (old, new, place)
    where old is null and new is not null
$$;
comment on function outside_of_filled(real[], real[], bigint) is 'The bits of report.outside that go with the slots which a later pack fills in.';
