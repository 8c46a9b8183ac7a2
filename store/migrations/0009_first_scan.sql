-- The wall tells how many labels were looked at and which were the last; without this index it
-- would read every label. Only the first opening is indexed, so later ones stay cheap updates.
create index label_first_scanned_idx on label (first_scanned_at desc)
    where first_scanned_at is not null;
