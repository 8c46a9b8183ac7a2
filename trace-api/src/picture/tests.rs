//! Pictures without what they should not say, and small ones the right way up.

use exif::experimental::Writer;
use exif::{Field, Rational, Value};
use proptest::prelude::*;

use super::*;

/// A picture of four quarters, red, green, blue and white, with metadata and a comment.
pub(super) fn sample(width: u16, height: u16, exif: Option<&[u8]>, progressive: bool) -> Vec<u8> {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            rgb.extend(match (x < width / 2, y < height / 2) {
                (true, true) => [230, 20, 20],
                (false, true) => [20, 200, 20],
                (true, false) => [20, 20, 230],
                (false, false) => [250, 250, 250],
            });
        }
    }
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 90);
    encoder.set_progressive(progressive);
    if let Some(raw) = exif {
        encoder.add_exif_metadata(raw).expect("metadata");
    }
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x>a secret place</x>".to_vec();
    encoder.add_app_segment(1, xmp).expect("a segment");
    let maker = b"a secret maker".to_vec();
    encoder.add_app_segment(13, maker).expect("a segment");
    encoder
        .encode(&rgb, width, height, ColorType::Rgb)
        .expect("a picture");
    jpeg
}

/// Metadata with a place, a device and which way up.
fn metadata(turn: u16) -> Vec<u8> {
    let degrees = |value| {
        Value::Rational(vec![
            Rational {
                num: value,
                denom: 1
            };
            3
        ])
    };
    let field = |tag, value| Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    };
    let fields = [
        field(Tag::GPSLatitude, degrees(29)),
        field(Tag::GPSLongitude, degrees(109)),
        field(Tag::Model, Value::Ascii(vec![b"a secret device".to_vec()])),
        field(Tag::Orientation, Value::Short(vec![turn])),
    ];
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut raw = Cursor::new(Vec::new());
    writer.write(&mut raw, true).expect("metadata");
    raw.into_inner()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn pixels(jpeg: &[u8]) -> Vec<u8> {
    decode(jpeg).expect("a picture").rgb
}

#[test]
fn a_clean_picture_says_nothing_but_itself() {
    for progressive in [false, true] {
        let jpeg = sample(64, 48, Some(&metadata(6)), progressive);
        assert!(contains(&jpeg, b"a secret device") && contains(&jpeg, b"a secret place"));
        let clean = clean(&jpeg).expect("a picture");
        assert!(!contains(&clean, b"secret"));
        assert_eq!(pixels(&clean), pixels(&jpeg), "its pixels are untouched");
        let exif = Reader::new().read_from_container(&mut Cursor::new(&clean));
        let exif = exif.expect("metadata");
        let tags: Vec<_> = exif.fields().map(|field| field.tag).collect();
        assert_eq!(tags, [Tag::Orientation], "upright, and nothing else");
        assert_eq!(orientation(&clean), 6);
    }
}

#[test]
fn an_upright_picture_keeps_no_metadata_at_all() {
    let jpeg = sample(64, 48, Some(&metadata(1)), false);
    let clean = clean(&jpeg).expect("a picture");
    assert!(!contains(&clean, b"Exif"));
    assert_eq!(
        super::clean(&clean),
        Some(clean.clone()),
        "clean stays as it is"
    );
}

#[test]
fn what_follows_a_picture_does_not_go_out_with_it() {
    let jpeg = sample(64, 48, None, true);
    let film = [jpeg.clone(), b"a secret film \xff\xd9".to_vec()].concat();
    assert_eq!(clean(&film), clean(&jpeg));
    // A comment between the scans of a progressive picture goes too.
    let scan = jpeg.windows(2).rposition(|pair| pair == [0xff, 0xda]);
    let mut commented = jpeg.clone();
    let comment = b"\xff\xfe\0\x08secret".to_vec();
    commented.splice(scan.expect("a scan")..scan.expect("a scan"), comment);
    assert_eq!(clean(&commented), clean(&jpeg));
}

#[test]
fn what_is_cut_off_is_not_sent() {
    let jpeg = sample(32, 32, Some(&metadata(3)), false);
    for length in 0..jpeg.len() {
        assert_eq!(clean(&jpeg[..length]), None, "cut at {length}");
    }
}

#[test]
fn a_small_picture_keeps_its_shape_and_is_never_larger() {
    let size = |jpeg: &[u8]| {
        let small = decode(jpeg).expect("a picture");
        (small.width, small.height)
    };
    let wide = sample(640, 360, None, false);
    assert_eq!(size(&shrink(&wide, 480).expect("small")), (480, 270));
    assert_eq!(size(&shrink(&wide, 10_000).expect("small")), (640, 360));
    assert_eq!(
        size(&shrink(&sample(1, 1, None, false), 480).expect("small")),
        (1, 1)
    );
    let line = sample(2_000, 2, None, false);
    assert_eq!(size(&shrink(&line, 480).expect("small")), (480, 1));
}

#[test]
fn a_small_picture_is_upright() {
    // Where the red quarter comes to lie, by orientation.
    let corners = [
        (0, 0),
        (0, 0),
        (1, 0),
        (1, 1),
        (0, 1),
        (0, 0),
        (1, 0),
        (1, 1),
        (0, 1),
    ];
    for turn in 1..=8_u16 {
        let jpeg = sample(96, 64, Some(&metadata(turn)), false);
        let small = decode(&shrink(&jpeg, 48).expect("small")).expect("a picture");
        let shown = if turn >= 5 { (48, 72) } else { (48, 32) };
        assert_eq!((small.width, small.height), shown, "orientation {turn}");
        let (right, below) = corners[usize::from(turn)];
        let x = small.width / 4 + right * small.width / 2;
        let y = small.height / 4 + below * small.height / 2;
        let at = (y * small.width + x) * 3;
        let [red, green, blue] = [small.rgb[at], small.rgb[at + 1], small.rgb[at + 2]];
        assert!(red > 180 && green < 80 && blue < 80, "orientation {turn}");
    }
}

#[test]
fn what_is_no_picture_cannot_be_made_small() {
    for bad in [&b""[..], b"\xff\xd8\xff", b"a text"] {
        assert!(matches!(shrink(bad, 480), Err(PictureError::Broken(_))));
        assert_eq!(clean(bad), None);
    }
}

proptest! {
    #[test]
    fn cleaning_any_bytes_ends(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = clean(&bytes);
        let _ = clean(&[b"\xff\xd8", bytes.as_slice()].concat());
    }

    #[test]
    fn cleaning_a_spoilt_picture_never_lets_its_metadata_out(
        place in any::<prop::sample::Index>(), value in any::<u8>()
    ) {
        let mut jpeg = sample(16, 16, None, false);
        let header = 40;
        let place = place.index(jpeg.len() - header) + header;
        jpeg[place] = value;
        if let Some(clean) = clean(&jpeg) {
            prop_assert!(clean.len() <= jpeg.len());
        }
    }
}
