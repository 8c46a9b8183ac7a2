//! Pictures for tests, made here: with and without metadata, whole and spoilt.

use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};
use jpeg_encoder::{ColorType, Encoder};

/// A gradient of this size as a JPEG without metadata.
pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    encode(width, height, &[])
}

/// The same with these metadata.
pub(crate) fn with_exif(width: u16, height: u16, tags: &[(Tag, &str)]) -> Vec<u8> {
    let fields: Vec<_> = tags
        .iter()
        .map(|(tag, text)| Field {
            tag: *tag,
            ifd_num: In::PRIMARY,
            value: Value::Ascii(vec![text.as_bytes().to_vec()]),
        })
        .collect();
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut raw = std::io::Cursor::new(Vec::new());
    writer.write(&mut raw, false).expect("metadata");
    encode(width, height, &raw.into_inner())
}

/// A picture whose header promises another size than it has.
pub(crate) fn promising(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .expect("a frame");
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

fn encode(width: u16, height: u16, exif: &[u8]) -> Vec<u8> {
    let pixels: Vec<u8> = (0..u32::from(height))
        .flat_map(|y| (0..u32::from(width)).map(move |x| (x, y)))
        .flat_map(|(x, y)| [(x % 256) as u8, (y % 256) as u8, ((x * y) % 251) as u8])
        .collect();
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 80);
    if !exif.is_empty() {
        let segment = [b"Exif\0\0".as_slice(), exif].concat();
        encoder.add_app_segment(1, segment).expect("a segment");
    }
    encoder
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("a picture");
    jpeg
}
