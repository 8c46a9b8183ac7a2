//! What an uploaded file is, by its content and nothing else: a whole JPEG or PNG, or a PDF with its
//! parts in place. A file that is not what it begins as is refused; so is a PDF that runs things.

use std::io::Cursor;

use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::rule::pdf;

/// Most bytes of a file.
pub(crate) const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most pixels of a side.
const SIDE_PIXELS_MAX: usize = 10_000;
/// Most pixels in all: what is decoded takes four bytes each.
const PIXELS_MAX: usize = 50_000_000;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// A JPEG that decodes from its first byte to its last.
    Jpeg,
    /// A PNG that does.
    Png,
    /// A PDF with head, cross-reference and end.
    Pdf,
}

impl Media {
    /// Its media type.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// The end of its file's name.
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }

    /// The media of a type that is kept.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Pdf]
            .into_iter()
            .find(|media| media.code() == code)
    }
}

/// Why a file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// More than [`BYTES_MAX`].
    #[error("the file is too large")]
    TooLarge,
    /// It begins like none of the three.
    #[error("the file is no JPEG, PNG or PDF")]
    Unknown,
    /// It begins like one of the three and does not go on like it.
    #[error("the file is damaged or not what it says it is")]
    Broken,
    /// Its picture has too many pixels.
    #[error("the picture has too many pixels")]
    TooManyPixels,
    /// It would run something.
    #[error("the PDF has scripts, attachments or the like")]
    Active,
}

impl Refused {
    /// In Chinese.
    pub(crate) const fn zh(self) -> &'static str {
        match self {
            Self::TooLarge => "文件超过 8 MiB",
            Self::Unknown => "文件须为 JPEG、PNG 或 PDF",
            Self::Broken => "文件已损坏，或内容与格式不符",
            Self::TooManyPixels => "图片像素过多",
            Self::Active => "PDF 含有脚本或附件",
        }
    }
}

/// Looks at a file; it is decoded whole, which takes its time.
pub(crate) fn look(bytes: &[u8]) -> Result<Media, Refused> {
    if bytes.len() > BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return jpeg(bytes).map(|()| Media::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return png(bytes).map(|()| Media::Png);
    }
    if bytes.starts_with(b"%PDF-") {
        return check_pdf(bytes).map(|()| Media::Pdf);
    }
    Err(Refused::Unknown)
}

const fn check_size(width: usize, height: usize) -> Result<(), Refused> {
    let is_flat = width == 0 || height == 0;
    if is_flat {
        return Err(Refused::Broken);
    }
    if width > SIDE_PIXELS_MAX || height > SIDE_PIXELS_MAX || width * height > PIXELS_MAX {
        return Err(Refused::TooManyPixels);
    }
    Ok(())
}

fn jpeg(bytes: &[u8]) -> Result<(), Refused> {
    let options = DecoderOptions::new_safe()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| Refused::Broken)?;
    let (width, height) = decoder.dimensions().ok_or(Refused::Broken)?;
    check_size(width, height)?;
    decoder.decode().map_err(|_| Refused::Broken)?;
    Ok(())
}

fn png(bytes: &[u8]) -> Result<(), Refused> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    let head = decoder.read_header_info().map_err(|_| Refused::Broken)?;
    check_size(head.width as usize, head.height as usize)?;
    let mut reader = decoder.read_info().map_err(|_| Refused::Broken)?;
    while reader.next_row().map_err(|_| Refused::Broken)?.is_some() {}
    reader.finish().map_err(|_| Refused::Broken)
}

fn check_pdf(bytes: &[u8]) -> Result<(), Refused> {
    if !pdf::is_whole(bytes) || !pdf::is_in_place(bytes) {
        return Err(Refused::Broken);
    }
    if pdf::active_name(bytes).is_some() {
        return Err(Refused::Active);
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use jpeg_encoder::{ColorType, Encoder};
    use proptest::prelude::*;

    use super::*;

    /// A picture of a few pixels.
    pub(crate) fn small_jpeg() -> Vec<u8> {
        let mut out = Vec::new();
        let _ = Encoder::new(&mut out, 80).encode(&[120; 16 * 16 * 3], 16, 16, ColorType::Rgb);
        out
    }

    /// The same as PNG.
    pub(crate) fn small_png() -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 16, 16);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        if let Ok(mut writer) = encoder.write_header() {
            let _ = writer.write_image_data(&[120; 16 * 16 * 3]);
        }
        out
    }

    /// A document with nothing on it.
    pub(crate) fn small_pdf() -> Vec<u8> {
        let body = "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
                    2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n";
        let table = "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R>>\n";
        format!("{body}{table}startxref\n{}\n%%EOF\n", body.len()).into_bytes()
    }

    #[test]
    fn each_kind_is_known_by_its_content() {
        assert_eq!(look(&small_jpeg()), Ok(Media::Jpeg));
        assert_eq!(look(&small_png()), Ok(Media::Png));
        assert_eq!(look(&small_pdf()), Ok(Media::Pdf));
        for media in [Media::Jpeg, Media::Png, Media::Pdf] {
            assert_eq!(Media::from_code(media.code()), Some(media));
        }
        assert_eq!(look(b"<html></html>"), Err(Refused::Unknown));
        assert_eq!(look(b""), Err(Refused::Unknown));
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused() {
        for whole in [small_jpeg(), small_png(), small_pdf()] {
            let half = &whole[..whole.len() * 2 / 3];
            assert_eq!(look(half), Err(Refused::Broken));
        }
    }

    #[test]
    fn a_page_that_calls_itself_a_picture_is_refused() {
        for head in [
            &b"\xff\xd8\xff\xe0"[..],
            b"\x89PNG\r\n\x1a\n",
            b"%PDF-1.4\n",
        ] {
            let file = [head, b"<script>alert(1)</script>"].concat();
            assert_eq!(look(&file), Err(Refused::Broken));
        }
        let script = [
            &small_pdf()[..9],
            b"<</JavaScript 1 0 R>>",
            &small_pdf()[9..],
        ]
        .concat();
        assert!(look(&script).is_err());
    }

    #[test]
    fn eight_mebibytes_are_looked_at_and_one_byte_more_is_not() {
        let pad = |bytes: usize| {
            let mut file = small_pdf();
            file.resize(bytes, b'\n');
            file
        };
        assert_eq!(look(&pad(BYTES_MAX + 1)), Err(Refused::TooLarge));
        assert_ne!(look(&pad(BYTES_MAX)), Err(Refused::TooLarge));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_bytes_make_it_fall_over(
            kind in 0_usize..3,
            at in any::<prop::sample::Index>(),
            noise in prop::collection::vec(any::<u8>(), 1..64),
        ) {
            let mut file = Vec::from([small_jpeg(), small_png(), small_pdf()]).swap_remove(kind);
            let at = at.index(file.len());
            for (place, byte) in noise.into_iter().enumerate() {
                if let Some(slot) = file.get_mut(at + place) {
                    *slot = byte;
                }
            }
            let _ = look(&file);
        }
    }
}
