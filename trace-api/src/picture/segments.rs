//! The parts of a JPEG file (ISO/IEC 10918-1, annex B): enough to leave out what is not the
//! picture. What stays is listed, so that a kind of metadata that nobody thought of goes too; and
//! nothing after the picture's end stays, where phones put films and places.

use super::orientation;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

/// The same picture without comments and metadata: no place, no owner, no device, no preview. Its
/// pixels are untouched and it is still shown upright. `None` for what is no whole JPEG.
pub(crate) fn clean(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut rest = jpeg.strip_prefix(&[0xff, SOI])?;
    let mut out = Vec::with_capacity(jpeg.len());
    out.extend([0xff, SOI]);
    let turn = orientation(jpeg);
    if turn > 1 {
        out.extend(only_orientation(turn));
    }
    loop {
        let (marker, after) = next_marker(rest)?;
        rest = after;
        match marker {
            EOI => {
                out.extend([0xff, EOI]);
                return Some(out);
            }
            // Markers without a segment.
            0x01 | 0xd0..=0xd7 => out.extend([0xff, marker]),
            _ => {
                let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
                let (segment, after) = rest.split_at_checked(length)?;
                if is_picture(marker, segment.get(2..)?) {
                    out.extend([0xff, marker]);
                    out.extend_from_slice(segment);
                }
                rest = after;
                if marker == SOS {
                    let (scan, after) = rest.split_at(scan_length(rest));
                    out.extend_from_slice(scan);
                    rest = after;
                }
            }
        }
    }
}

/// A marker, which fill bytes may precede, and what comes after it.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let fill = bytes.iter().take_while(|byte| **byte == 0xff).count();
    let marker = *bytes.get(fill)?;
    (fill > 0).then(|| (marker, &bytes[fill + 1..]))
}

/// Bytes until the next marker that is none of the scan's own.
fn scan_length(bytes: &[u8]) -> usize {
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7);
    bytes.windows(2).position(ends).unwrap_or(bytes.len())
}

/// Whether a segment is needed to show the picture as it was taken.
fn is_picture(marker: u8, content: &[u8]) -> bool {
    match marker {
        // Frames, tables, restart interval, scans, number of lines.
        0xc0..=0xcf | 0xda..=0xdd => true,
        0xe0 => content.starts_with(b"JFIF\0"),
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        _ => false,
    }
}

/// An Exif segment with the orientation and nothing else.
fn only_orientation(turn: u8) -> [u8; 36] {
    let mut segment =
        *b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    segment[29] = turn;
    segment
}
