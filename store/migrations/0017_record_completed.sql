-- What the record still lacked: documents beside it (pictures of what was done on a plot, reports of
-- other laboratories), sign-ins that can be listed and ended one by one, accounts that somebody
-- else's identity service vouches for, and an audit log of cameras.

create table document (
    sha256     bytea not null,
    media_type text not null,
    content    bytea not null,
    created_at timestamptz not null,
    constraint document_pkey primary key (sha256),
    constraint document_hash_whole check (octet_length(sha256) = 32),
    constraint document_media_known check (media_type in ('application/pdf', 'image/jpeg'))
);
comment on table document is 'Files that people attach to the record, by their hash; few and small, so that they are backed up with it.';
comment on column document.sha256 is 'SHA-256 of the bytes as they arrived.';
comment on column document.content is 'The bytes as they arrived.';
create trigger document_append_only before update or delete on document
    for each row execute function refuse_change();

create table test_report (
    id          bigint generated always as identity,
    lot_id      bigint not null,
    result_id   bigint,
    laboratory  text not null,
    number      text not null,
    issued_on   date not null,
    sha256      bytea not null,
    bytes       integer not null,
    is_public   boolean not null,
    uploaded_at timestamptz not null,
    account_id  bigint,
    request_id  uuid not null,
    constraint test_report_pkey primary key (id),
    constraint test_report_lot_fkey foreign key (lot_id) references lot (id),
    constraint test_report_result_fkey foreign key (result_id) references test_result (id),
    constraint test_report_document_fkey foreign key (sha256) references document (sha256),
    constraint test_report_account_fkey foreign key (account_id) references account (id),
    constraint test_report_request_key unique (request_id),
    constraint test_report_file_key unique (lot_id, sha256)
);
comment on table test_report is 'A report of another laboratory beside a lot''s own tests: what it says is in its file.';
comment on column test_report.result_id is 'The result that it goes with, where there is one.';
comment on column test_report.laboratory is 'Who issued it.';
comment on column test_report.number is 'Its number there.';
comment on column test_report.sha256 is 'Its file, a PDF.';
comment on column test_report.is_public is 'Whether everybody may read the file; that there is one, and its hash, is public anyway.';
create trigger test_report_audit after insert or update or delete on test_report
    for each row execute function note_change('id');

create table farm_record_picture (
    record_id   uuid not null,
    sha256      bytea not null,
    bytes       integer not null,
    uploaded_at timestamptz not null,
    account_id  bigint,
    constraint farm_record_picture_pkey primary key (record_id, sha256),
    constraint farm_record_picture_record_fkey foreign key (record_id) references farm_record (id),
    constraint farm_record_picture_document_fkey foreign key (sha256) references document (sha256),
    constraint farm_record_picture_account_fkey foreign key (account_id) references account (id)
);
comment on table farm_record_picture is 'A picture of what was done on a plot; never shown in public.';
create trigger farm_record_picture_audit after insert or update or delete on farm_record_picture
    for each row execute function note_change('record_id');

-- A sign-in can be named without its token.
alter table session
    add column id bigint generated always as identity,
    add column name text not null default '',
    add constraint session_id_key unique (id);
comment on column session.id is 'Names it in lists; worth nothing to sign in with.';
comment on column session.name is 'What a program''s token is for; empty for a person''s sign-in.';
create index session_account_idx on session (account_id);

alter table account
    add column oidc_issuer text,
    add column oidc_subject text,
    add constraint account_oidc_together check ((oidc_issuer is null) = (oidc_subject is null)),
    add constraint account_oidc_key unique (oidc_issuer, oidc_subject);
comment on column account.oidc_issuer is 'Identity service that vouches for it; null where none does.';
comment on column account.oidc_subject is 'Who it is there; never a name, which may change.';

-- A person's sign-in changes nothing that is kept; a program's token is given out and taken away.
create trigger session_token_audit after insert on session
    for each row when (new.name <> '') execute function note_change('id', 'token_hash');
create trigger session_token_end_audit after delete on session
    for each row when (old.name <> '') execute function note_change('id', 'token_hash');

create trigger camera_audit after insert or update or delete on camera
    for each row execute function note_change('id');
create trigger camera_placement_audit after insert or update or delete on camera_placement
    for each row execute function note_change('camera_id');

-- Devices and what is watched are set up by people, too. A device's pulse is none of it.
create trigger probe_audit after insert or update or delete on probe
    for each row execute function note_change('id');
create trigger probe_profile_audit after insert or update or delete on probe_profile
    for each row execute function note_change('id');
create trigger probe_profile_use_audit after insert or update or delete on probe_profile_use
    for each row execute function note_change('probe_id');
create trigger probe_calibration_audit after insert or update or delete on probe_calibration
    for each row execute function note_change('probe_id');
create trigger device_alias_audit after insert or delete on device_alias
    for each row execute function note_change('external_id');
create trigger alarm_rule_audit after insert or update or delete on alarm_rule
    for each row execute function note_change('id');
create trigger alarm_audit after update of acknowledged_at on alarm
    for each row execute function note_change('id');
create trigger setting_audit after insert or update or delete on setting
    for each row execute function note_change('key');
