-- Cameras and their pictures. A picture's bytes are a file, found by their SHA-256; the row says
-- which camera took it and when. A file without a row is rubbish and swept; a row without a file
-- cannot come about, because the file is on the disk before the row commits.

create table camera (
    id               integer generated always as identity,
    gateway_id       text not null,
    name             text not null,
    interval_seconds integer not null,
    created_at       timestamptz not null,
    constraint camera_pkey primary key (id),
    constraint camera_gateway_fkey foreign key (gateway_id) references gateway (id),
    constraint camera_name_key unique (gateway_id, name),
    constraint camera_interval_positive check (interval_seconds > 0)
);
comment on table camera is 'A camera at a gateway.';
comment on column camera.name is 'Topic level, unique at its gateway.';
comment on column camera.interval_seconds is 'Expected time between two pictures: what a gap is measured by.';

create table camera_placement (
    camera_id  integer not null,
    plot_id    bigint not null,
    valid_from timestamptz not null,
    valid_to   timestamptz,
    constraint camera_placement_pkey primary key (camera_id, valid_from),
    constraint camera_placement_camera_fkey foreign key (camera_id) references camera (id),
    constraint camera_placement_plot_fkey foreign key (plot_id) references plot (id),
    constraint camera_placement_ordered check (valid_to is null or valid_from < valid_to)
);
comment on table camera_placement is 'Which plot a camera looked at, and when: the right pictures belong to the right lot.';
comment on column camera_placement.valid_to is 'End, exclusive; null while it still stands there.';
create index camera_placement_plot_idx on camera_placement (plot_id);

create table picture (
    id          bigint generated always as identity,
    camera_id   integer not null,
    sha256      bytea not null,
    bytes       integer not null,
    width       integer not null,
    height      integer not null,
    taken_at    timestamptz not null,
    time_source text not null,
    claimed_at  timestamptz,
    arrived_at  timestamptz not null,
    constraint picture_pkey primary key (id),
    constraint picture_camera_fkey foreign key (camera_id) references camera (id),
    constraint picture_taken_key unique (camera_id, sha256, taken_at),
    constraint picture_sha256_length check (octet_length(sha256) = 32),
    constraint picture_size_positive check (bytes > 0 and width > 0 and height > 0),
    constraint picture_time_source_known check (time_source in ('exif', 'property', 'arrival'))
);
comment on table picture is 'A picture that a camera took. Its bytes are a file named by their hash.';
comment on column picture.sha256 is 'SHA-256 of the bytes as they arrived, metadata included.';
comment on column picture.bytes is 'Size of the file.';
comment on column picture.width is 'Pixels, as stored: before turning by the orientation in its metadata.';
comment on column picture.height is 'Pixels, as stored.';
comment on column picture.taken_at is 'When it was taken, by the time_source.';
comment on column picture.time_source is 'exif: the picture''s metadata; property: the message''s user property; arrival: neither said anything believable.';
comment on column picture.claimed_at is 'What the picture or the message said, where that was not believed.';
comment on column picture.arrived_at is 'When it arrived here for the first time.';
create index picture_camera_idx on picture (camera_id, taken_at desc);
create index picture_sha256_idx on picture (sha256);
-- What has no time of its own comes again with another arrival: the bytes alone tell that it is the same.
create unique index picture_arrival_key on picture (camera_id, sha256) where time_source = 'arrival';
