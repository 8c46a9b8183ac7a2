-- The lab's desk: a correction is a result that names the one it corrects and says why; lots that
-- wait for a test are found oldest first, results by the code of their sample.

alter table test_result
    add column corrects bigint,
    add column correction_reason text not null default '',
    add constraint test_result_corrects_fkey foreign key (corrects) references test_result (id),
    add constraint test_result_corrects_key unique (corrects),
    add constraint test_result_correction_with_reason
        check ((corrects is null) = (correction_reason = ''));
comment on column test_result.corrects is 'The result that this one corrects; that one stays as it is.';
comment on column test_result.correction_reason is 'Why; present exactly with corrects.';
create index test_result_sample_idx on test_result (sample_code text_pattern_ops);

create index lot_waiting_idx on lot (created_at, id)
    where state in ('harvested', 'in_test', 'held');
