-- Devices that farms have already, and profiles that change. A device of another make has a name
-- of its own; an alias says which probe it is. A profile says what its keys and registers mean. A
-- profile is never edited: another version follows it, which may add channels and must keep the
-- slots that reports have been written with. A sensor that reads wrong is calibrated from a date on.

alter table probe_profile
    add column version    integer not null default 1,
    add column builtin    boolean not null default false,
    add column created_at timestamptz;
-- Names were not unique so far: those alike are numbered in the order they were made.
update probe_profile
set version = numbered.version
from (select id, row_number() over (partition by name order by id) as version
      from probe_profile) as numbered
where numbered.id = probe_profile.id;
alter table probe_profile
    alter column version drop default,
    add constraint probe_profile_version_positive check (version > 0),
    add constraint probe_profile_version_key unique (name, version);
comment on column probe_profile.name is 'The same for every version; gateway/probe where it was made with a probe.';
comment on column probe_profile.version is 'From 1; a version never changes.';
comment on column probe_profile.builtin is 'Whether it came with the program.';
comment on column probe_profile.created_at is 'When it was made; null for what is older than this column or came with the program.';

create table profile_key (
    profile_id integer not null,
    key        text not null,
    index      smallint not null,
    constraint profile_key_pkey primary key (profile_id, key),
    constraint profile_key_channel_fkey foreign key (profile_id, index) references profile_channel (profile_id, index)
);
comment on table profile_key is 'What devices of other makes call a channel.';
comment on column profile_key.key is 'Key of a payload, nested ones joined with a dot, for example AM2301.Temperature.';
comment on column profile_key.index is 'The channel''s slot.';

create table profile_register (
    profile_id     integer not null,
    index          smallint not null,
    function       smallint not null,
    address        integer not null,
    form           text not null,
    low_word_first boolean not null,
    scale          double precision not null,
    value_offset   double precision not null,
    constraint profile_register_pkey primary key (profile_id, index),
    constraint profile_register_channel_fkey foreign key (profile_id, index) references profile_channel (profile_id, index),
    constraint profile_register_function_reads check (function in (3, 4)),
    constraint profile_register_address_in_range check (address between 0 and 65535),
    constraint profile_register_form_known check (form in ('u16', 'i16', 'u32', 'i32', 'f32')),
    constraint profile_register_scale_not_zero check (scale <> 0)
);
comment on table profile_register is 'Modbus register map: where a channel stands in the device''s registers.';
comment on column profile_register.index is 'The channel''s slot.';
comment on column profile_register.function is '3 holding registers, 4 input registers.';
comment on column profile_register.address is 'First register, from 0.';
comment on column profile_register.form is 'u16, i16, u32, i32 or f32 (IEEE 754).';
comment on column profile_register.low_word_first is 'Whether the lower half of a 32-bit number comes first.';
comment on column profile_register.scale is 'Value = number x scale + value_offset.';
comment on column profile_register.value_offset is 'Value = number x scale + value_offset.';

create table probe_profile_use (
    probe_id    integer not null,
    valid_from  timestamptz not null,
    profile_id  integer not null,
    recorded_at timestamptz not null,
    recorded_by bigint,
    constraint probe_profile_use_pkey primary key (probe_id, valid_from),
    constraint probe_profile_use_probe_fkey foreign key (probe_id) references probe (id),
    constraint probe_profile_use_profile_fkey foreign key (profile_id) references probe_profile (id),
    constraint probe_profile_use_account_fkey foreign key (recorded_by) references account (id)
);
comment on table probe_profile_use is 'Which profile a probe had since when; probe.profile_id is the one with the latest date.';
comment on column probe_profile_use.recorded_at is 'When it was entered.';
comment on column probe_profile_use.recorded_by is 'Who entered it; null for what was there before.';
insert into probe_profile_use (probe_id, valid_from, profile_id, recorded_at)
select id, created_at, profile_id, created_at from probe;

create table probe_calibration (
    probe_id     integer not null,
    channel      smallint not null,
    valid_from   timestamptz not null,
    gain         double precision not null,
    value_offset double precision not null,
    note         text not null,
    recorded_at  timestamptz not null,
    recorded_by  bigint,
    constraint probe_calibration_pkey primary key (probe_id, channel, valid_from),
    constraint probe_calibration_probe_fkey foreign key (probe_id) references probe (id),
    constraint probe_calibration_account_fkey foreign key (recorded_by) references account (id),
    constraint probe_calibration_gain_not_zero check (gain <> 0),
    constraint probe_calibration_ahead check (valid_from > recorded_at)
);
comment on table probe_calibration is 'How a channel''s readings are corrected: stored value = raw x gain + value_offset, by the row in force at the reading''s time. It is entered before it is in force, so the raw value of any reading is (stored - value_offset) / gain.';
comment on column probe_calibration.channel is 'Slot in report.values.';
comment on column probe_calibration.valid_from is 'In force for readings measured from here on, until the next one.';
comment on column probe_calibration.note is 'Why and against what.';
create trigger probe_calibration_append_only before update or delete on probe_calibration
    for each row execute function refuse_change();

create table device_alias (
    scheme      text not null,
    external_id text not null,
    probe_id    integer not null,
    created_at  timestamptz not null,
    online      boolean,
    changed_at  timestamptz,
    constraint device_alias_pkey primary key (scheme, external_id),
    constraint device_alias_probe_fkey foreign key (probe_id) references probe (id),
    constraint device_alias_scheme_known check (scheme in ('thingsboard', 'chirpstack', 'tasmota', 'sparkplug', 'modbus')),
    constraint device_alias_external_id_length check (octet_length(external_id) between 1 and 200)
);
comment on table device_alias is 'Which probe a device of another make is.';
comment on column device_alias.scheme is 'Whose way of naming, see model::scheme::Scheme.';
comment on column device_alias.external_id is 'The device''s name there.';
comment on column device_alias.online is 'What its birth, death or last will said last; null where nothing was said.';
comment on column device_alias.changed_at is 'When that was heard.';
create index device_alias_probe_idx on device_alias (probe_id);

create table message_arrival (
    scheme     text not null,
    message_id text not null,
    arrived    timestamptz not null,
    constraint message_arrival_pkey primary key (scheme, message_id)
);
comment on table message_arrival is 'When messages first arrived whose readings bear that time, by the sender''s own message id: a resend is the same reading. Kept for a month.';
create index message_arrival_arrived_idx on message_arrival (arrived);

-- Profiles that come with the program ------------------------------------------------------------

insert into probe_profile (name, version, builtin, interval_seconds) values
    ('rs485-soil-a', 1, true, 600),
    ('rs485-soil-b', 1, true, 600),
    ('tasmota-am2301', 1, true, 300),
    ('thingsboard-air', 1, true, 600);

insert into profile_channel (profile_id, index, name, quantity, unit, valid_min, valid_max)
select profile.id, slot.index, slot.name, slot.quantity, slot.unit, slot.valid_min, slot.valid_max
from (values
    ('rs485-soil-a', 0::smallint, 'soil-moisture', 'soil-moisture', '%', 0::real, 100::real),
    ('rs485-soil-a', 1, 'soil-temperature', 'soil-temperature', 'Cel', -40, 80),
    ('rs485-soil-a', 2, 'soil-conductivity', 'other', 'uS/cm', 0, 20000),
    ('rs485-soil-a', 3, 'soil-ph', 'soil-ph', 'pH', 3, 9),
    ('rs485-soil-a', 4, 'nitrogen', 'other', 'mg/kg', 0, 1999),
    ('rs485-soil-a', 5, 'phosphorus', 'other', 'mg/kg', 0, 1999),
    ('rs485-soil-a', 6, 'potassium', 'other', 'mg/kg', 0, 1999),
    ('rs485-soil-b', 0, 'soil-temperature', 'soil-temperature', 'Cel', -40, 80),
    ('rs485-soil-b', 1, 'soil-moisture', 'soil-moisture', '%', 0, 100),
    ('rs485-soil-b', 2, 'soil-conductivity', 'other', 'uS/cm', 0, 20000),
    ('tasmota-am2301', 0, 'temperature', 'air-temperature', 'Cel', -40, 80),
    ('tasmota-am2301', 1, 'humidity', 'air-humidity', '%RH', 0, 100),
    ('tasmota-am2301', 2, 'dew-point', 'other', 'Cel', -60, 60),
    ('thingsboard-air', 0, 'temperature', 'air-temperature', 'Cel', -40, 80),
    ('thingsboard-air', 1, 'humidity', 'air-humidity', '%RH', 0, 100)
) as slot (profile, index, name, quantity, unit, valid_min, valid_max)
join probe_profile as profile on profile.name = slot.profile and profile.builtin;

insert into profile_register
    (profile_id, index, function, address, form, low_word_first, scale, value_offset)
select profile.id, line.index, 3, line.index, line.form, false, line.scale, 0
from (values
    ('rs485-soil-a', 0::smallint, 'u16', 0.1::double precision),
    ('rs485-soil-a', 1, 'i16', 0.1),
    ('rs485-soil-a', 2, 'u16', 1),
    ('rs485-soil-a', 3, 'u16', 0.1),
    ('rs485-soil-a', 4, 'u16', 1),
    ('rs485-soil-a', 5, 'u16', 1),
    ('rs485-soil-a', 6, 'u16', 1),
    ('rs485-soil-b', 0, 'i16', 0.01),
    ('rs485-soil-b', 1, 'u16', 0.01),
    ('rs485-soil-b', 2, 'u16', 1)
) as line (profile, index, form, scale)
join probe_profile as profile on profile.name = line.profile and profile.builtin;

insert into profile_key (profile_id, key, index)
select profile.id, word.key, word.index
from (values
    ('tasmota-am2301', 'AM2301.Temperature', 0::smallint),
    ('tasmota-am2301', 'AM2301.Humidity', 1),
    ('tasmota-am2301', 'AM2301.DewPoint', 2),
    ('thingsboard-air', 'temp', 0),
    ('thingsboard-air', 'hum', 1)
) as word (profile, key, index)
join probe_profile as profile on profile.name = word.profile and profile.builtin;
