-- What a supervisor does about an alarm besides taking note of it: put it on the shelf for a while
-- (ISA-18.2), give it to somebody; and whom of a recall somebody has reached. And the indexes that
-- the supervisor's lists walk along.

create table alarm_shelving (
    id         bigint generated always as identity,
    rule_id    bigint not null,
    shelved_at timestamptz not null,
    until      timestamptz not null,
    reason     text not null,
    shelved_by bigint not null,
    ended_at   timestamptz,
    ended_by   bigint,
    constraint alarm_shelving_pkey primary key (id),
    constraint alarm_shelving_rule_fkey foreign key (rule_id) references alarm_rule (id),
    constraint alarm_shelving_by_fkey foreign key (shelved_by) references account (id),
    constraint alarm_shelving_ended_by_fkey foreign key (ended_by) references account (id),
    constraint alarm_shelving_reason_given check (reason <> ''),
    constraint alarm_shelving_in_order check (shelved_at < until),
    constraint alarm_shelving_ended_by_someone check ((ended_at is null) = (ended_by is null))
);
comment on table alarm_shelving is 'Alarms put aside for a while: a rule''s present alarm and those that it raises until then. It returns by itself.';
comment on column alarm_shelving.until is 'From then on it calls again, without anybody doing anything.';
comment on column alarm_shelving.reason is 'Why.';
comment on column alarm_shelving.ended_at is 'When somebody took it off the shelf before its time; null otherwise.';
create index alarm_shelving_rule_idx on alarm_shelving (rule_id, id desc);
create index alarm_shelving_until_idx on alarm_shelving (until);
create trigger alarm_shelving_audit after insert or update or delete on alarm_shelving
    for each row execute function note_change('rule_id');

alter table alarm
    add column assigned_to bigint,
    add column assigned_at timestamptz,
    add constraint alarm_assigned_fkey foreign key (assigned_to) references account (id),
    add constraint alarm_assigned_sometime check ((assigned_at is null) = (assigned_to is null));
comment on column alarm.assigned_to is 'Who looks after it; null while nobody was named.';
comment on column alarm.assigned_at is 'When they were named.';
create index alarm_open_idx on alarm (rule_id) where acknowledged_at is null or cleared_at is null;
drop trigger alarm_audit on alarm;
create trigger alarm_audit after update of acknowledged_at, assigned_to on alarm
    for each row execute function note_change('id');

create table recall_call (
    id         bigint generated always as identity,
    recall_id  bigint not null,
    kind       text not null,
    holder_id  bigint not null,
    note       text not null,
    at         timestamptz not null,
    account_id bigint not null,
    request_id uuid not null,
    constraint recall_call_pkey primary key (id),
    constraint recall_call_recall_fkey foreign key (recall_id) references recall (id),
    constraint recall_call_account_fkey foreign key (account_id) references account (id),
    constraint recall_call_request_key unique (request_id),
    constraint recall_call_kind_known check (kind in ('producer', 'party'))
);
comment on table recall_call is 'Whom of a recall somebody reached, and what they said; the rest still has to be called.';
comment on column recall_call.kind is 'producer: of a lot of it; party: received of it.';
comment on column recall_call.holder_id is 'Number of that producer or party.';
create index recall_call_recall_idx on recall_call (recall_id, id);
create trigger recall_call_append_only before update or delete on recall_call
    for each row execute function refuse_change();
create trigger recall_call_audit after insert on recall_call
    for each row execute function note_change('id');

-- A recall is a change by a person, and so is the wording of its notice.
create trigger recall_audit after insert on recall
    for each row execute function note_change('id');
create trigger recall_notice_audit after insert on recall_notice
    for each row execute function note_change('recall_id');

create index audit_account_idx on audit (account_id, id desc);
create index audit_at_idx on audit (at);
