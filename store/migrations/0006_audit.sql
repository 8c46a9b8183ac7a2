-- Who changed what: every change of a filed fact leaves a row that nobody can alter, whichever
-- program made it. And what accounts need to be managed: they can be disabled, and instruments are
-- accounts too.

create table audit (
    id         bigint generated always as identity,
    at         timestamptz not null,
    account_id bigint,
    table_name text not null,
    row_key    text not null,
    before     jsonb,
    after      jsonb,
    constraint audit_pkey primary key (id),
    constraint audit_account_fkey foreign key (account_id) references account (id),
    constraint audit_says_something check (before is not null or after is not null)
);
comment on table audit is 'Audit log: one row a change, appended and never changed.';
comment on column audit.at is 'When; the time that the transaction was signed with, else the database''s.';
comment on column audit.account_id is 'Who; null for the platform itself.';
comment on column audit.row_key is 'Which row of the table: its key as text.';
comment on column audit.before is 'What it was: the columns that changed, the whole row of a deletion, null of an insertion.';
comment on column audit.after is 'What it became: the columns that changed, the whole row of an insertion, null of a deletion.';
create index audit_row_idx on audit (table_name, row_key, id);
create trigger audit_append_only before update or delete on audit
    for each row execute function refuse_change();

-- Arguments: the key's column, then columns whose values are never noted.
create function note_change() returns trigger language plpgsql as $$
declare
    hidden text[] := tg_argv[1:];
    old_row jsonb := case when tg_op = 'INSERT' then '{}'::jsonb else to_jsonb(old) end;
    new_row jsonb := case when tg_op = 'DELETE' then '{}'::jsonb else to_jsonb(new) end;
    what text := coalesce(new_row ->> tg_argv[0], old_row ->> tg_argv[0]);
    signed_by bigint := nullif(current_setting('suyuan.account_id', true), '')::bigint;
    signed_at timestamptz := coalesce(
        nullif(current_setting('suyuan.now', true), '')::timestamptz, clock_timestamp());
    was jsonb;
    became jsonb;
begin
    old_row := old_row - hidden;
    new_row := new_row - hidden;
    if tg_op = 'INSERT' then
        became := new_row;
    elsif tg_op = 'DELETE' then
        was := old_row;
    else
        select jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, n.value)
        into was, became
        from jsonb_each(old_row) as o join jsonb_each(new_row) as n using (key)
        where o.value is distinct from n.value;
        if became is null then
            return null;
        end if;
    end if;
    insert into audit (at, account_id, table_name, row_key, before, after)
    values (signed_at, signed_by, tg_table_name, coalesce(what, ''), was, became);
    return null;
end
$$;
comment on function note_change() is 'Writes the audit log; attached to every table that people change.';

alter table account
    add column disabled_at timestamptz,
    add column password_changed_at timestamptz,
    drop constraint account_role_known,
    add constraint account_role_known
        check (role in ('operator', 'supervisor', 'producer', 'lab', 'instrument'));
comment on column account.role is 'operator, supervisor, producer (staff of one producer), lab, or instrument (a device that uploads signed results).';
comment on column account.disabled_at is 'Since then nobody signs in with it; null while it is in use.';
comment on column account.password_changed_at is 'When its password last changed; null since it was made.';

create trigger producer_audit after insert or update or delete on producer
    for each row execute function note_change('id');
create trigger product_audit after insert or update or delete on product
    for each row execute function note_change('id');
create trigger plot_audit after insert or update or delete on plot
    for each row execute function note_change('id');
create trigger account_audit after insert or update or delete on account
    for each row execute function note_change('id', 'password_hash');
-- Not its pulse: whether it is online and when it was last seen is no change by a person.
create trigger gateway_audit after insert or update of name, enabled, key_salt, key_hash or delete
    on gateway for each row execute function note_change('id', 'key_salt', 'key_hash');
create trigger probe_placement_audit after insert or update or delete on probe_placement
    for each row execute function note_change('probe_id');
create trigger lot_audit after insert or update or delete on lot
    for each row execute function note_change('id');
create trigger test_result_audit after insert or update or delete on test_result
    for each row execute function note_change('id');
create trigger label_run_audit after insert or update or delete on label_run
    for each row execute function note_change('id');
