-- Dead letters can be tried again. What was refused because a gateway, a probe or a channel was not
-- registered yet is good once it is: an operator asks for it, whichever process takes readings does
-- it, and the letter keeps what came of it. The request is part of the letter's own row, so that
-- asking twice is asking once.

alter table dead_letter
    add column replay_requested_at timestamptz,
    add column replay_requested_by bigint,
    add column replayed_at         timestamptz,
    add column replay_outcome      text,
    add column replay_reason       text,
    add column replay_detail       text,
    add constraint dead_letter_replay_account_fkey
        foreign key (replay_requested_by) references account (id),
    add constraint dead_letter_replay_asked
        check ((replay_requested_at is null) = (replay_requested_by is null)),
    add constraint dead_letter_replay_answered
        check ((replayed_at is null) = (replay_outcome is null)),
    add constraint dead_letter_replay_outcome_known
        check (replay_outcome in ('stored', 'partly', 'refused'));

comment on column dead_letter.replay_requested_at is
    'When an operator last asked to try it again; null where nobody did.';
comment on column dead_letter.replay_requested_by is 'Who asked.';
comment on column dead_letter.replayed_at is
    'When that was done; null while it waits.';
comment on column dead_letter.replay_outcome is
    'stored: all of it is in the database now; partly: some of it; refused: nothing of it.';
comment on column dead_letter.replay_reason is
    'Why something was refused again, see ingest::DeadReason; null where nothing was.';
comment on column dead_letter.replay_detail is 'The same for a person.';

-- What waits is looked for every few seconds, and is nearly always nothing.
create index dead_letter_replay_waiting on dead_letter (id)
    where replay_requested_at is not null and replayed_at is null;
-- A list by reason, newest first, and asking for all of one reason.
create index dead_letter_by_reason on dead_letter (reason, id);
