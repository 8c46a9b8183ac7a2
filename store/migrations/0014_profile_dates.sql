-- How many values were promised is a matter of the interval that was in force: a probe that reports
-- more often from today on did not lack anything yesterday.

create function expected_values(probe integer, first timestamptz, last timestamptz)
returns bigint language sql stable as $$
    select floor(round(sum(
               extract(epoch from least(until, last) - greatest(since, first)) / interval_seconds
           ), 6))::bigint
    from (
        select case when lag(used.valid_from) over by_date is null then '-infinity'
                    else used.valid_from end as since,
               lead(used.valid_from, 1, 'infinity') over by_date as until,
               profile.interval_seconds
        from probe_profile_use as used
        join probe_profile as profile on profile.id = used.profile_id
        where used.probe_id = probe
        window by_date as (order by used.valid_from)
    ) as span
    where since < last and until > first
$$;
comment on function expected_values is 'Values that the intervals of a probe''s profiles promise of each channel between two moments, rounded down. The first profile also holds for what lies before its date.';
comment on column rollup_hour.expected is 'Values that the interval in force in that hour promises.';
