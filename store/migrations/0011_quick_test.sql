-- 快检 with its methods and limits as data: a result is judged by the edition that was in force on
-- the day of sampling, keeps the rule that judged it, and may come signed from an instrument.

create table test_method (
    id              bigint generated always as identity,
    code            text not null,
    item            text not null,
    principle       text not null,
    unit            text not null,
    limit_value     real not null,
    quantification  real,
    false_positives text[] not null,
    source          text not null,
    valid_from      date not null,
    constraint test_method_pkey primary key (id),
    constraint test_method_edition_key unique (code, item, valid_from),
    constraint test_method_principle_known
        check (principle in ('inhibition', 'colloidal_gold', 'laboratory')),
    constraint test_method_limit_positive check (limit_value > 0)
);
comment on table test_method is 'A method of testing, one row an edition.';
comment on column test_method.code is 'Standard, for example GB/T 5009.199-2003; a result''s method begins with it.';
comment on column test_method.item is 'What it looks for; empty for a method that has one item, whatever it is called.';
comment on column test_method.limit_value is 'At or above this a sample is positive.';
comment on column test_method.quantification is 'Limit of quantification: below it a result is reported as < this.';
comment on column test_method.false_positives is 'Crops whose own juices are known to give false positives.';
comment on column test_method.source is 'Where limit and crops are from.';
comment on column test_method.valid_from is 'First day of sampling that it judges.';
create trigger test_method_audit after insert or update or delete on test_method
    for each row execute function note_change('id');
insert into test_method
    (code, item, principle, unit, limit_value, quantification, false_positives, source, valid_from)
values
    ('GB/T 5009.199-2003', '', 'inhibition', '%', 50, 5,
     array['葱', '蒜', '萝卜', '韭菜', '芹菜', '香菜', '茭白', '蘑菇', '番茄'],
     'GB/T 5009.199-2003: 抑制率 ≥ 50 % 为阳性', '2004-01-01');

create table residue_limit (
    id          bigint generated always as identity,
    edition     text not null,
    substance   text not null,
    food        text not null,
    limit_mg_kg real not null,
    valid_from  date not null,
    constraint residue_limit_pkey primary key (id),
    constraint residue_limit_edition_key unique (edition, substance, food),
    constraint residue_limit_positive check (limit_mg_kg > 0)
);
comment on table residue_limit is '最大残留限量, imported by the laboratory: one row a substance, food and edition.';
comment on column residue_limit.edition is 'Standard with its year, for example GB 2763-2026.';
comment on column residue_limit.limit_mg_kg is 'Above this a sample fails.';
comment on column residue_limit.valid_from is 'First day of sampling that it judges.';
create index residue_limit_item_idx on residue_limit (substance, food, valid_from desc);
create trigger residue_limit_audit after insert or update or delete on residue_limit
    for each row execute function note_change('id');

create table instrument (
    id         text not null,
    name       text not null,
    account_id bigint not null,
    secret     bytea not null,
    enabled    boolean not null default true,
    created_at timestamptz not null,
    constraint instrument_pkey primary key (id),
    constraint instrument_account_key unique (account_id),
    constraint instrument_account_fkey foreign key (account_id) references account (id)
);
comment on table instrument is 'A quick-test instrument that uploads signed results.';
comment on column instrument.account_id is 'The account that its results are entered by.';
comment on column instrument.secret is 'Key of its HMAC-SHA256. Kept as it is: a signature cannot be checked with a hash of the key.';
create trigger instrument_audit after insert or update or delete on instrument
    for each row execute function note_change('id', 'secret');

create table instrument_nonce (
    instrument_id text not null,
    nonce         text not null,
    at            timestamptz not null,
    constraint instrument_nonce_pkey primary key (instrument_id, nonce),
    constraint instrument_nonce_instrument_fkey foreign key (instrument_id) references instrument (id)
);
comment on table instrument_nonce is 'Nonces of uploads whose time is still within the window: an upload that was overheard cannot be sent again.';
create index instrument_nonce_at_idx on instrument_nonce (at);

create index lot_step_sample_idx on lot_step (reason) where step = 'sample';

alter table test_result
    add column round text not null default 'first',
    add column sampled_on date,
    add column remarks text[] not null default '{}',
    add column rule text not null default '',
    add column control_line boolean,
    add column test_line boolean,
    add column instrument_id text,
    add column record_id text,
    drop constraint test_result_verdict_known,
    add constraint test_result_verdict_known check (verdict in ('pass', 'fail', 'invalid')),
    add constraint test_result_round_known check (round in ('first', 'repeat', 'confirm')),
    add constraint test_result_lines_together check ((control_line is null) = (test_line is null)),
    add constraint test_result_record_with_instrument check ((instrument_id is null) = (record_id is null)),
    add constraint test_result_instrument_fkey foreign key (instrument_id) references instrument (id),
    add constraint test_result_record_key unique (instrument_id, record_id);
comment on column test_result.verdict is 'pass, fail or invalid (a card without its control line), computed when the result was entered.';
comment on column test_result.round is 'first, repeat, or confirm (a laboratory''s GC or LC).';
comment on column test_result.sampled_on is 'The day whose edition judges it; null of old results.';
comment on column test_result.remarks is 'below_zero: noise of the instrument, kept; false_positive_crop: the crop is known to give them.';
comment on column test_result.rule is 'The rule that gave the verdict, with its edition.';
comment on column test_result.control_line is 'Colloidal gold: whether line C appeared; null for other principles.';
comment on column test_result.test_line is 'Colloidal gold: whether line T appeared.';
comment on column test_result.record_id is 'The instrument''s own number of the result.';
