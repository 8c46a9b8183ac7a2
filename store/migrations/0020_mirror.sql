-- Static copies of the pages of released lots: which places hold one, what lies there, and marks
-- of the lots whose pages changed since. Where no mirror is registered nothing is marked.

create table mirror (
    id            bigint generated always as identity,
    place         text not null,
    registered_at timestamptz not null,
    number        bigint not null default 0,
    published_at  timestamptz,
    constraint mirror_pkey primary key (id),
    constraint mirror_place_key unique (place)
);
comment on table mirror is 'Places that hold a signed static copy of the pages of released lots.';
comment on column mirror.place is 'A folder, or a bucket as s3://bucket/prefix.';
comment on column mirror.number is 'How often a manifest of the whole was written; each names its number.';
comment on column mirror.published_at is 'When the last one was.';

create table mirror_mark (
    id        bigint generated always as identity,
    mirror_id bigint not null,
    lot_id    bigint not null,
    urgent    boolean not null,
    marked_at timestamptz not null default clock_timestamp(),
    constraint mirror_mark_pkey primary key (id),
    constraint mirror_mark_mirror_fkey foreign key (mirror_id) references mirror (id) on delete cascade
);
comment on table mirror_mark is
    'A lot whose copy is to be written anew. Deliberately not unique: a mark that was not yet visible when an earlier one was taken must survive.';
comment on column mirror_mark.urgent is 'A recall or a hold: goes first.';
create index mirror_mark_mirror_idx on mirror_mark (mirror_id, urgent desc, lot_id);

create table mirror_lot (
    mirror_id  bigint not null,
    lot_id     bigint not null,
    gtin       text not null,
    code       text not null,
    manifest   bytea not null,
    shared     text[] not null,
    written_at timestamptz not null,
    constraint mirror_lot_pkey primary key (mirror_id, lot_id),
    constraint mirror_lot_mirror_fkey foreign key (mirror_id) references mirror (id) on delete cascade,
    constraint mirror_lot_lot_fkey foreign key (lot_id) references lot (id),
    constraint mirror_lot_manifest_length check (length(manifest) = 32)
);
comment on table mirror_lot is 'The lots that lie in a mirror.';
comment on column mirror_lot.gtin is 'As its folder is named there.';
comment on column mirror_lot.manifest is 'SHA-256 of the manifest of its folder.';
comment on column mirror_lot.shared is 'Paths of the files outside its folder that its pages need.';
create index mirror_lot_folder_idx on mirror_lot (mirror_id, gtin, code);
create index mirror_lot_age_idx on mirror_lot (mirror_id, written_at);

create table mirror_product (
    mirror_id bigint not null,
    gtin      text not null,
    manifest  bytea not null,
    shared    text[] not null,
    constraint mirror_product_pkey primary key (mirror_id, gtin),
    constraint mirror_product_mirror_fkey foreign key (mirror_id) references mirror (id) on delete cascade,
    constraint mirror_product_manifest_length check (length(manifest) = 32)
);
comment on table mirror_product is 'The products whose lots lie in a mirror.';
comment on column mirror_product.manifest is 'SHA-256 of the manifest of its folder.';
comment on column mirror_product.shared is 'Paths of the files outside its folder that its page needs.';

create table mirror_shared (
    mirror_id bigint not null,
    path      text not null,
    sha256    bytea not null,
    constraint mirror_shared_pkey primary key (mirror_id, path),
    constraint mirror_shared_mirror_fkey foreign key (mirror_id) references mirror (id) on delete cascade,
    constraint mirror_shared_sha256_length check (length(sha256) = 32)
);
comment on table mirror_shared is 'Pictures and style that lie in a mirror; the content under a path never changes.';

-- Marks lots at every mirror and wakes who keeps them. Lots that never were on sale are no
-- mirror's business.
create function mark_mirrored(lots bigint[], is_urgent boolean) returns void
language plpgsql as $$
begin
    insert into mirror_mark (mirror_id, lot_id, urgent)
    select mirror.id, lot.id, is_urgent
    from mirror cross join lot
    where lot.id = any (lots)
      and lot.state in ('released', 'held', 'shipped', 'sold_out', 'recalled');
    if found then
        perform pg_notify('suyuan_mirror', '');
    end if;
end $$;

create function mirror_lot_changed() returns trigger language plpgsql as $$
begin
    if exists (select from mirror) then
        perform mark_mirrored(array[new.id], new.state in ('recalled', 'held')
            and (tg_op = 'INSERT' or new.state <> old.state));
    end if;
    return null;
end $$;
create trigger lot_mirror after insert or update on lot
    for each row execute function mirror_lot_changed();

-- For tables with a column lot_id.
create function mirror_part_changed() returns trigger language plpgsql as $$
begin
    if exists (select from mirror) then
        perform mark_mirrored(array[new.lot_id], false);
    end if;
    return null;
end $$;
create trigger event_mirror after insert on event
    for each row execute function mirror_part_changed();
create trigger event_lot_mirror after insert on event_lot
    for each row execute function mirror_part_changed();
create trigger test_result_mirror after insert or update on test_result
    for each row execute function mirror_part_changed();
create trigger certificate_mirror after insert or update on certificate
    for each row execute function mirror_part_changed();
create trigger seal_mirror after insert on seal
    for each row execute function mirror_part_changed();

-- What is said of the lots of a product, a producer, a plot: argument is which.
create function mirror_surroundings_changed() returns trigger language plpgsql as $$
begin
    if exists (select from mirror) then
        perform mark_mirrored(coalesce((
            select array_agg(lot.id)
            from lot join product on product.id = lot.product_id
            where case tg_argv[0]
                      when 'product' then lot.product_id
                      when 'producer' then product.producer_id
                      else lot.plot_id
                  end = new.id), '{}'), false);
    end if;
    return null;
end $$;
create trigger product_mirror after update on product
    for each row execute function mirror_surroundings_changed('product');
create trigger producer_mirror after update on producer
    for each row execute function mirror_surroundings_changed('producer');
create trigger plot_mirror after update on plot
    for each row execute function mirror_surroundings_changed('plot');
create trigger farm_record_mirror after insert or update on farm_record
    for each row when (new.lot_id is not null) execute function mirror_part_changed();
create trigger test_report_mirror after insert or update on test_report
    for each row execute function mirror_part_changed();

-- A notice worded anew is read on the page of every lot of its recall.
create function mirror_notice_changed() returns trigger language plpgsql as $$
begin
    if exists (select from mirror) then
        perform mark_mirrored(
            array(select lot_id from recall_lot where recall_id = new.recall_id), true);
    end if;
    return null;
end $$;
create trigger recall_notice_mirror after insert on recall_notice
    for each row execute function mirror_notice_changed();
-- Credentials stand on the pages of what they are for.
create function mirror_credential_changed() returns trigger language plpgsql as $$
begin
    if exists (select from mirror) then
        perform mark_mirrored(array(
            select lot.id from lot join product on product.id = lot.product_id
            where product.producer_id = new.producer_id
              and (new.product_id is null or product.id = new.product_id)), false);
    end if;
    return null;
end $$;
create trigger credential_mirror after insert or update on credential
    for each row execute function mirror_credential_changed();
