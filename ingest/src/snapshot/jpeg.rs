//! Whether bytes are a whole JPEG of a bearable size. A plain function over foreign bytes: no IO,
//! no clock, bounded in memory and time, so that it can be fuzzed as it is.

use exif::{DateTime, Exif, In, Tag, Value};
use model::time::Timestamp;
use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::reason::DeadReason;

/// Most bytes of a snapshot: 2 MiB.
pub const SNAPSHOT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most pixels of a snapshot: 4,000 by 3,000. A progressive one of that size takes some 100 MB to
/// decode, whatever its file's size.
pub const PIXELS_MAX: u64 = 12_000_000;
/// Most passes of a progressive picture; encoders use about ten.
const SCANS_MAX: usize = 20;
/// A longer side does not exist in JPEG; [`PIXELS_MAX`] is the limit that matters.
const SIDE_MAX: usize = 65_535;
/// Where a camera that names no zone stands: China standard time.
const ZONE_SECONDS: i32 = 8 * 3_600;

/// What is known of a picture that can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Pixels, as stored.
    pub width: u32,
    /// Pixels, as stored.
    pub height: u32,
    /// When it was taken, by its own metadata.
    pub exif: Option<Timestamp>,
}

/// Why bytes are no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSnapshot {
    /// More bytes than [`SNAPSHOT_BYTES_MAX`].
    #[error("{bytes} bytes; a snapshot may have {SNAPSHOT_BYTES_MAX}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// More pixels than [`PIXELS_MAX`].
    #[error("{width} × {height} pixels; a snapshot may have {PIXELS_MAX}")]
    TooManyPixels {
        /// Pixels.
        width: u64,
        /// Pixels.
        height: u64,
    },
    /// It does not begin as a JPEG does.
    #[error("the payload is no JPEG")]
    NotJpeg,
    /// It begins as one and cannot be decoded to its end.
    #[error("the JPEG is broken or cut off: {0}")]
    Broken(String),
    /// The decoder failed on it.
    #[error("the JPEG cannot be decoded")]
    Undecodable,
}

impl NotSnapshot {
    /// The word for machines.
    #[must_use]
    pub const fn reason(&self) -> DeadReason {
        match self {
            Self::TooLarge { .. } | Self::TooManyPixels { .. } => DeadReason::Oversized,
            Self::NotJpeg | Self::Broken(_) | Self::Undecodable => DeadReason::NotPicture,
        }
    }
}

/// Decodes a picture to its end.
pub fn check(bytes: &[u8]) -> Result<Checked, NotSnapshot> {
    if bytes.len() > SNAPSHOT_BYTES_MAX {
        return Err(NotSnapshot::TooLarge { bytes: bytes.len() });
    }
    if !bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Err(NotSnapshot::NotJpeg);
    }
    let broken = |error| NotSnapshot::Broken(format!("{error:?}"));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
    decoder.decode_headers().map_err(broken)?;
    let exif = decoder.exif().cloned();
    let (width, height) = decoder.dimensions().ok_or(NotSnapshot::Undecodable)?;
    if width as u64 * height as u64 > PIXELS_MAX {
        let (width, height) = (width as u64, height as u64);
        return Err(NotSnapshot::TooManyPixels { width, height });
    }
    decoder.decode().map_err(broken)?;
    // The decoder forgives a missing end where every block was there.
    if !bytes.windows(2).rev().any(|pair| pair == [0xff, 0xd9]) {
        return Err(NotSnapshot::Broken("its end is missing".to_owned()));
    }
    Ok(Checked {
        width: width as u32,
        height: height as u32,
        exif: exif.and_then(taken),
    })
}

/// Strict, so that a picture that was cut off is an error and not half grey; grey alone, because
/// nobody looks at it here.
fn options() -> DecoderOptions {
    DecoderOptions::new_safe()
        .set_strict_mode(true)
        .set_max_width(SIDE_MAX)
        .set_max_height(SIDE_MAX)
        .jpeg_set_max_scans(SCANS_MAX)
        .jpeg_set_out_colorspace(ColorSpace::Luma)
}

/// Where metadata tell a time, its fraction and its zone, the shutter's first.
const TIMES: [(Tag, Tag, Tag); 3] = [
    (
        Tag::DateTimeOriginal,
        Tag::SubSecTimeOriginal,
        Tag::OffsetTimeOriginal,
    ),
    (
        Tag::DateTimeDigitized,
        Tag::SubSecTimeDigitized,
        Tag::OffsetTimeDigitized,
    ),
    (Tag::DateTime, Tag::SubSecTime, Tag::OffsetTime),
];

/// When a picture was taken: by `DateTimeOriginal`, else by what comes closest to it.
fn taken(raw: Vec<u8>) -> Option<Timestamp> {
    let exif = exif::Reader::new().read_raw(raw).ok()?;
    TIMES.into_iter().find_map(|(time, fraction, offset)| {
        let mut found = DateTime::from_ascii(ascii(&exif, time)?).ok()?;
        // A fraction or a zone that cannot be read is as good as none.
        if let Some(text) = ascii(&exif, fraction) {
            let _ = found.parse_subsec(text);
        }
        if let Some(text) = ascii(&exif, offset).or_else(|| ascii(&exif, Tag::OffsetTime)) {
            let _ = found.parse_offset(text);
        }
        timestamp(&found)
    })
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.first().map(Vec::as_slice),
        _ => None,
    }
}

/// The point in time, or nothing for a date that the calendar does not have, such as the
/// 0000-00-00 of a camera whose clock was never set.
fn timestamp(at: &DateTime) -> Option<Timestamp> {
    let month = Month::try_from(at.month).ok()?;
    let date = Date::from_calendar_date(i32::from(at.year), month, at.day).ok()?;
    let nanoseconds = at.nanosecond.unwrap_or(0);
    let time = Time::from_hms_nano(at.hour, at.minute, at.second, nanoseconds).ok()?;
    let seconds = at
        .offset
        .map_or(ZONE_SECONDS, |minutes| i32::from(minutes) * 60);
    let offset = UtcOffset::from_whole_seconds(seconds).ok()?;
    let at = PrimitiveDateTime::new(date, time).assume_offset(offset);
    let micros = at.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).ok().map(Timestamp)
}
